// A second proof at login: enrolling an authenticator, its backup codes, and ending it again. Each step asks for what a
// stolen login does not have: the password, or a code.
#pragma once

#include "http/surfaces/plexichat/context.hpp"

namespace troupe::http::plexichat {

class MultiFactor {
 public:
  explicit MultiFactor(Context& context) : context_(context) {}

  void status(const CallPtr& call);
  /// Shows a secret, as text, as a link and as a QR code. It counts from `confirm` on.
  void set_up(const CallPtr& call);
  /// Shows the backup codes, once.
  void confirm(const CallPtr& call);
  void renew_backup_codes(const CallPtr& call);
  void disable(const CallPtr& call);

 private:
  struct BackupCodes {
    std::vector<std::string> codes, hashes;
  };
  BackupCodes make_backup_codes(events::AccountId account) const;

  Context& context_;
};

}  // namespace troupe::http::plexichat
