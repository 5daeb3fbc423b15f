// The administration: how the system is, its users, its backups. For administrators only.
#pragma once

#include "http/machine.hpp"
#include "http/security/failed_logins.hpp"
#include "http/surfaces/plexichat/context.hpp"
#include "projections/backup_queries.hpp"

namespace troupe::http::plexichat {

class Admin {
 public:
  explicit Admin(Context& context)
      : context_(context), backups_(context.services.store), machine_(context.services.store.folder()) {}

  void status(const CallPtr& call);

  void list_users(const CallPtr& call);
  void update_user(const CallPtr& call);
  void log_user_out(const CallPtr& call);

  void create_backup(const CallPtr& call);
  void list_backups(const CallPtr& call);
  void show_backup(const CallPtr& call);
  void download_backup(const CallPtr& call);
  void verify_backup(const CallPtr& call);
  void delete_backup(const CallPtr& call);

  /// Failed logins of all dialects make the threat level. On the event loop's thread.
  void committed(const std::vector<storage::RecordPtr>& records);

 private:
  OrderedJson backup_view(const projections::BackupRow& row) const;
  void answer_backup(const CallPtr& call, const std::string& id);
  void change_active(const CallPtr& call, events::AccountId id);
  void answer_user(const CallPtr& call, events::AccountId id);

  Context& context_;
  projections::BackupQueries backups_;
  Machine machine_;
  FailedLogins failed_logins_;
};

}  // namespace troupe::http::plexichat
