// Accounts, their credentials and their open logins; password resets that are still under way.
#include "projections/access.hpp"

namespace troupe::projections {
namespace {

using namespace events;

void put_login(const std::string& token_hash, Micros expires_at, const Context& c, Rows& rows) {
  rows.push_back(put_bytes(Table::logins, token_hash, account_key(c) + big64(static_cast<std::uint64_t>(expires_at))));
}

void erase_logins(const std::vector<std::string>& token_hashes, Rows& rows) {
  for (const auto& hash : token_hashes) rows.push_back(erase(Table::logins, hash));
}

void put_role(const std::string& role, const Context& c, Rows& rows) {
  rows.push_back(role == "admin" ? put_key(Table::administrators, account_key(c))
                                 : erase(Table::administrators, account_key(c)));
}

void on(const AccountRegistered& e, const Context& c, Rows& rows) {
  AccountRow row;
  row.id = e.id;
  row.username = e.username;
  row.email = e.email;
  row.fullname = e.fullname;
  row.role = e.role;
  row.created_at = c.time;
  rows.push_back(put_row(account_key(c), row));
  rows.push_back(put_row(account_key(c), CredentialRow{e.password_hash}));
  rows.push_back(put_key(Table::account_numbers, account_key(c)));
  if (e.role == "admin") put_role(e.role, c, rows);
  rows.push_back(add(kTotalUsers, 1));
}

void on(const LoggedIn& e, const Context& c, Rows& rows) {
  put_login(e.token_hash, e.expires_at, c, rows);
  rows.push_back(patch<AccountRow>(account_key(c), {{"last_login", c.time}}));
}

void on(const LoginRefreshed& e, const Context& c, Rows& rows) { put_login(e.token_hash, e.expires_at, c, rows); }

void on(const LoginsEnded& e, const Context&, Rows& rows) { erase_logins(e.token_hashes, rows); }

void on(const LoginLinkIssued& e, const Context& c, Rows& rows) {
  if (e.permanent)
    rows.push_back(put_bytes(Table::permanent_links, account_key(c), big64(static_cast<std::uint64_t>(c.time))));
}

void on(const LoginLinksEnded& e, const Context& c, Rows& rows) {
  if (e.permanent) rows.push_back(erase(Table::permanent_links, account_key(c)));
}

void on(const ProfileUpdated& e, const Context& c, Rows& rows) {
  Json fields = Json::object();
  if (e.fullname) fields["fullname"] = *e.fullname;
  if (e.phone) fields["phone"] = *e.phone;
  if (e.birthday) fields["birthday"] = *e.birthday;
  if (e.gender) fields["gender"] = *e.gender;
  if (e.email) fields["email"] = *e.email;
  if (e.avatar_url) fields["avatar_url"] = *e.avatar_url;
  if (e.preferences) fields["preferences"] = *e.preferences;
  rows.push_back(patch<AccountRow>(account_key(c), fields));
}

void on(const PasswordChanged& e, const Context& c, Rows& rows) {
  rows.push_back(put_row(account_key(c), CredentialRow{e.password_hash}));
  erase_logins(e.ended_logins, rows);
}

void on(const PasswordResetIssued& e, const Context& c, Rows& rows) {
  rows.push_back(put_row(e.token_hash, ResetMailRow{number_of(c.id), e.email, e.sealed_token, e.expires_at}));
}

void on(const PasswordResetMailSettled& e, const Context&, Rows& rows) {
  rows.push_back(erase(Table::reset_mails, e.token_hash));
}

void on(const RoleChanged& e, const Context& c, Rows& rows) {
  rows.push_back(patch<AccountRow>(account_key(c), {{"role", e.role}}));
  put_role(e.role, c, rows);
}

void on(const ActiveChanged& e, const Context& c, Rows& rows) {
  rows.push_back(patch<AccountRow>(account_key(c), {{"active", e.active}}));
}

void on(const AccountDeleted& e, const Context& c, Rows& rows) {
  rows.push_back(erase(Table::accounts, account_key(c)));
  rows.push_back(erase(Table::credentials, account_key(c)));
  rows.push_back(erase(Table::administrators, account_key(c)));
  rows.push_back(erase(Table::mfa, account_key(c)));
  rows.push_back(erase(Table::login_locks, account_key(c)));
  rows.push_back(erase(Table::permanent_links, account_key(c)));
  erase_logins(e.ended_logins, rows);
  rows.push_back(add(kTotalUsers, -1));
}

void on(const PasswordResetRequested& e, const Context&, Rows& rows) {
  rows.push_back(put_bytes(Table::reset_requests, e.request, big64(static_cast<std::uint64_t>(e.account))));
}

void on(const PasswordResetRequestSettled& e, const Context&, Rows& rows) {
  rows.push_back(erase(Table::reset_requests, e.request));
}

}  // namespace

void project(const AccountEvent& event, const Context& context, Rows& rows) {
  std::visit([&](const auto& e) { on(e, context, rows); }, event);
}

void project(const ResetRequestEvent& event, const Context& context, Rows& rows) {
  std::visit([&](const auto& e) { on(e, context, rows); }, event);
}

}  // namespace troupe::projections
