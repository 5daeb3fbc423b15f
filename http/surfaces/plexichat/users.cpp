#include "http/surfaces/plexichat/users.hpp"

#include "http/security/proof.hpp"
#include "http/surfaces/plexichat/authentication.hpp"
#include "http/surfaces/plexichat/channels.hpp"
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

std::string display_name(const projections::AccountRow& row) {
  return row.fullname.empty() ? row.username : row.fullname;
}

OrderedJson avatar(const projections::AccountRow& row) {
  return row.avatar_url.empty() ? OrderedJson(nullptr) : OrderedJson(row.avatar_url);
}

/// One role a person: this house knows no sets of them.
Expected<std::string> role_in(const CallPtr& call) {
  const auto roles = call->body_texts("roles");
  if (!roles) return tl::unexpected(roles.error());
  const bool known =
      roles->size() == 1 && (roles->front() == "user" || roles->front() == "moderator" || roles->front() == "admin");
  if (known) return roles->front();
  return fail(Errc::invalid, "roles must be one of user, moderator and admin, in a list", "roles");
}

bool names_roles(const CallPtr& call) {
  const auto roles = call->body.find("roles");
  return roles != call->body.end() && !roles->is_null();
}

Error in_this_dialect(Error error) {
  constexpr std::string_view kInTheHouse = "fullname";
  if (error.field != kInTheHouse) return error;
  error.field = "display_name";
  if (error.message.starts_with(kInTheHouse)) error.message.replace(0, kInTheHouse.size(), error.field);
  return error;
}

/// What the body changes of a profile. Errors: forbidden.
Expected<actors::UpdateProfile> profile_in(const CallPtr& call) {
  actors::UpdateProfile profile;
  profile.fullname = call->optional_body_text("display_name");
  profile.email = call->optional_body_text("email");
  profile.avatar_url = call->optional_body_text("avatar_url");
  profile.preferences = call->optional_body_object("preferences");
  // The e-mail is where a new password goes.
  if (profile.email && !call->caller.api_key_hash.empty())
    return fail(Errc::forbidden, "An API key may not change the e-mail; log in");
  return profile;
}

std::function<void(const Error&)> refuser_of(const CallPtr& call) {
  return [call](const Error& error) { call->refuse(in_this_dialect(error)); };
}

}  // namespace

OrderedJson user_view(const projections::AccountRow& row) {
  return {{"id", id_text(kUser, row.id)},
          {"username", row.username},
          {"email", row.email},
          {"display_name", display_name(row)},
          {"avatar_url", avatar(row)},
          {"roles", OrderedJson::array({row.role})},
          {"permissions", permissions_of(row.role)},
          {"created_at", iso8601(row.created_at)},
          {"last_login", row.last_login == 0 ? OrderedJson(nullptr) : OrderedJson(iso8601(row.last_login))},
          {"is_active", row.active},
          {"preferences", row.preferences}};
}

OrderedJson public_user_view(const projections::AccountRow& row) {
  return {{"id", id_text(kUser, row.id)},
          {"username", row.username},
          {"display_name", display_name(row)},
          {"avatar_url", avatar(row)}};
}

void Users::answer_user(const CallPtr& call, events::AccountId account) const {
  const auto row = context_.queries.account(account);
  if (!row) return call->refuse({Errc::not_found, "User not found"});
  call->answer(user_view(*row));
}

std::optional<projections::AccountRow> Users::named_or_refused(const CallPtr& call) const {
  const auto id = id_number(kUser, call->path_parameter("user_id"));
  auto row = id ? context_.queries.account(*id) : std::nullopt;
  if (!row) call->refuse({Errc::not_found, "User not found"});
  return row;
}

void Users::me(const CallPtr& call) { answer_user(call, call->caller.account); }

void Users::change(const CallPtr& call, events::AccountId account, actors::AccountDecider::Command command) const {
  context_.services.system.ask_account(
      account, std::move(command), call->cause(),
      context_.services.then_with<storage::RecordPtr>(
          call, [this, call, account](const storage::RecordPtr&) { answer_user(call, account); }, refuser_of(call)));
}

void Users::update_me(const CallPtr& call) {
  auto profile = profile_in(call);
  if (!profile) return call->refuse(profile.error());
  change(call, call->caller.account, std::move(*profile));
}

void Users::delete_me(const CallPtr& call) {
  const auto& services = context_.services;
  confirm_password(services, call, call->body_text("password"), [&services, call](const std::string& verified) {
    services.system.delete_account(call->caller.account, actors::DeleteAccount{verified}, call->cause(),
                                   services.then(call, [call](const storage::Record&) {
                                     call->answer({{"message", "Account deleted"}}, clear_cookie());
                                   }));
  });
}

void Users::list(const CallPtr& call) {
  const auto page = static_cast<std::size_t>(call->query_integer("page"));
  const auto limit = static_cast<std::size_t>(call->query_integer("limit"));
  const auto found =
      context_.queries.account_page(trimmed(call->query_text("search").value_or("")), (page - 1) * limit, limit);
  OrderedJson users = OrderedJson::array();
  for (const auto& row : found.accounts) users.push_back(user_view(row));
  call->answer({{"users", users},
                {"pagination",
                 {{"page", page},
                  {"limit", limit},
                  {"total_count", found.total},
                  {"total_pages", (found.total + limit - 1) / limit},
                  {"has_more", page * limit < found.total}}}});
}

void Users::create(const CallPtr& call) {
  actors::RegisterAccount command;
  command.username = call->body_text("username");
  command.email = call->body_text("email");
  command.fullname = call->body_text("display_name");
  if (names_roles(call)) {
    const auto role = role_in(call);
    if (!role) return call->refuse(role.error());
    command.role = *role;
  }
  // Refused before the costly hash, when it can be.
  if (const auto ok = actors::AccountDecider::decide({}, command, call->now); !ok)
    return call->refuse(in_this_dialect(ok.error()));
  const auto& services = context_.services;
  services.system.hash_password(
      call->body_text("password"),
      services.then_with<std::string>(call, [this, &services, call, command](std::string hash) mutable {
        command.password_hash = std::move(hash);
        services.system.register_account(
            std::move(command), call->cause(),
            services.then(call, [this, call](const storage::Record& record) { answer_user(call, record.number()); }));
      }));
}

void Users::user(const CallPtr& call) {
  const auto row = named_or_refused(call);
  if (!row) return;
  const auto& caller = call->caller;
  const bool all = caller.account == row->id || moderates(caller);
  call->answer(all ? user_view(*row) : public_user_view(*row));
}

void Users::update(const CallPtr& call) {
  const auto row = named_or_refused(call);
  if (!row) return;
  auto profile = profile_in(call);
  if (!profile) return call->refuse(profile.error());
  if (!names_roles(call)) return change(call, row->id, std::move(*profile));
  const auto role = role_in(call);
  if (!role) return call->refuse(role.error());
  if (!call->caller.is_admin()) return call->refuse({Errc::forbidden, "Only administrators change roles"});
  if (call->body.size() == 1) return change(call, row->id, actors::ChangeRole{*role});
  change(call, row->id, actors::ChangeUser{std::move(*profile), {*role}});
}

void Users::remove(const CallPtr& call) {
  const auto row = named_or_refused(call);
  if (!row) return;
  if (row->id == call->caller.account)
    return call->refuse({Errc::conflict, "Delete yourself at /api/v1/users/me, with your password"});
  const auto hash = context_.queries.password_hash(row->id);
  context_.services.system.delete_account(row->id, actors::DeleteAccount{hash.value_or("")}, call->cause(),
                                          context_.services.then(call, [call](const storage::Record&) {
                                            call->answer({{"message", "User deleted"}});
                                          }));
}

}  // namespace troupe::http::plexichat
