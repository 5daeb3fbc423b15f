#include "http/surfaces/plexichat/users.hpp"

#include "http/surfaces/plexichat/ids.hpp"

namespace troupe::http::plexichat {
namespace {

OrderedJson permissions_of(std::string_view role) {
  OrderedJson permissions = OrderedJson::array();
  if (role == "admin")
    for (const char* permission : {"system.manage", "users.create", "users.delete", "security.configure"})
      permissions.push_back(permission);
  if (role == "admin" || role == "moderator")
    for (const char* permission : {"content.moderate", "users.suspend", "security.view"})
      permissions.push_back(permission);
  for (const char* permission : {"content.create", "content.read", "files.upload"}) permissions.push_back(permission);
  return permissions;
}

}  // namespace

OrderedJson user_view(const projections::AccountRow& row) {
  return {{"id", id_text(kUser, row.id)},
          {"username", row.username},
          {"email", row.email},
          {"display_name", row.fullname.empty() ? row.username : row.fullname},
          {"avatar_url", row.avatar_url.empty() ? OrderedJson(nullptr) : OrderedJson(row.avatar_url)},
          {"roles", OrderedJson::array({row.role})},
          {"permissions", permissions_of(row.role)},
          {"created_at", iso8601(row.created_at)},
          {"last_login", row.last_login == 0 ? OrderedJson(nullptr) : OrderedJson(iso8601(row.last_login))},
          {"is_active", row.active},
          {"preferences", row.preferences}};
}

void Users::me(const CallPtr& call) {
  const auto row = context_.queries.account(call->caller.account);
  if (!row) return call->refuse({Errc::unauthenticated, "Invalid token", kTokenInvalid});
  call->answer(user_view(*row));
}

void Users::update_me(const CallPtr& call) {
  actors::UpdateProfile command;
  command.fullname = call->optional_body_text("display_name");
  command.email = call->optional_body_text("email");
  command.avatar_url = call->optional_body_text("avatar_url");
  command.preferences = call->optional_body_object("preferences");
  context_.services.system.ask_account(call->caller.account, std::move(command), call->cause(),
                                       context_.services.then_with<storage::RecordPtr>(
                                           call, [this, call](const storage::RecordPtr&) { me(call); },
                                           [call](Error error) {
                                             if (error.field == "fullname") error.field = "display_name";
                                             call->refuse(error);
                                           }));
}

}  // namespace troupe::http::plexichat
