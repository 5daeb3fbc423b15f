#include "projections/access.hpp"

#include <charconv>

namespace troupe::projections {

using namespace events;

AccountId number_of(std::string_view id) {
  AccountId number = 0;
  std::from_chars(id.data(), id.data() + id.size(), number);
  return number;
}

std::string account_key(const Context& context) { return big64(static_cast<std::uint64_t>(number_of(context.id))); }

void on(const LogInFailed& e, const Context& c, Rows& rows) {
  if (e.locked_until == 0) return;
  rows.push_back(put_bytes(Table::login_locks, account_key(c), big64(static_cast<std::uint64_t>(e.locked_until))));
}

void on(const ApiKeyCreated& e, const Context& c, Rows& rows) {
  const std::string key = account_key(c) + e.id;
  rows.push_back(put_row(key, ApiKeyRow{e.id, e.name, e.permissions, e.hint, c.time, e.expires_at}));
  rows.push_back(put_bytes(Table::api_keys_by_hash, e.key_hash, key));
}

void on(const ApiKeyRevoked& e, const Context& c, Rows& rows) {
  rows.push_back(erase(Table::api_keys, account_key(c) + e.id));
  rows.push_back(erase(Table::api_keys_by_hash, e.key_hash));
}

void on(const MfaEnrolmentBegan& e, const Context& c, Rows& rows) {
  rows.push_back(put_row(account_key(c), MfaRow{false, true, e.sealed_secret, 0}));
}

void on(const MfaEnabled& e, const Context& c, Rows& rows) {
  rows.push_back(patch<MfaRow>(account_key(c),
                               {{"enabled", true}, {"pending", false}, {"backup_codes", e.backup_code_hashes.size()}}));
}

void on(const MfaStepUsed&, const Context&, Rows&) {}

void on(const MfaBackupCodeUsed& e, const Context& c, Rows& rows) {
  rows.push_back(patch<MfaRow>(account_key(c), {{"backup_codes", e.left}}));
}

void on(const MfaBackupCodesRenewed& e, const Context& c, Rows& rows) {
  rows.push_back(patch<MfaRow>(account_key(c), {{"backup_codes", e.backup_code_hashes.size()}}));
}

void on(const MfaDisabled&, const Context& c, Rows& rows) { rows.push_back(erase(Table::mfa, account_key(c))); }

}  // namespace troupe::projections
