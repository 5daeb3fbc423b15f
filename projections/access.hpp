// The part of the accounts' projection that is about access besides logins: API keys, multi-factor authentication, locks.
#pragma once

#include "projections/changes.hpp"

namespace troupe::projections {

/// The account whose stream an event stands in, and the start of all its keys.
AccountId number_of(std::string_view id);
std::string account_key(const Context& context);

void on(const events::LogInFailed& e, const Context& c, Rows& rows);
void on(const events::ApiKeyCreated& e, const Context& c, Rows& rows);
void on(const events::ApiKeyRevoked& e, const Context& c, Rows& rows);
void on(const events::MfaEnrolmentBegan& e, const Context& c, Rows& rows);
void on(const events::MfaEnabled& e, const Context& c, Rows& rows);
void on(const events::MfaStepUsed& e, const Context& c, Rows& rows);
void on(const events::MfaBackupCodeUsed& e, const Context& c, Rows& rows);
void on(const events::MfaBackupCodesRenewed& e, const Context& c, Rows& rows);
void on(const events::MfaDisabled& e, const Context& c, Rows& rows);

}  // namespace troupe::projections
