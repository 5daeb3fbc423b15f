#include "http/surfaces/plexichat/admin.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "events/codec.hpp"
#include "http/file_source.hpp"
#include "http/metrics.hpp"
#include "http/ranged_answer.hpp"
#include "http/surfaces/plexichat/ids.hpp"
#include "http/surfaces/plexichat/users.hpp"

namespace troupe::http::plexichat {
namespace {

double one_decimal(double value) { return std::round(value * 10) / 10; }

OrderedJson database_view(const storage::StoreMetrics& store, std::size_t reads_waiting, bool healthy) {
  return {{"status", healthy ? "connected" : "failed"},
          {"connections", store.queue_depth + reads_waiting},
          {"pool_size", defaults::kMaxQueuedAppends + defaults::kMaxQueuedReads}};
}

OrderedJson cache_view(const storage::StoreMetrics& store, bool healthy) {
  const auto lookups = store.cache_hits + store.cache_misses;
  const double used = store.cache_capacity_bytes == 0 ? 0
                                                      : 100 * static_cast<double>(store.cache_bytes) /
                                                            static_cast<double>(store.cache_capacity_bytes);
  return {{"status", healthy ? "connected" : "failed"},
          {"memory_usage", std::to_string(std::lround(used)) + "%"},
          {"hit_rate", lookups == 0 ? OrderedJson(nullptr)
                                    : OrderedJson(std::round(1000 * static_cast<double>(store.cache_hits) /
                                                             static_cast<double>(lookups)) /
                                                  1000)}};
}

const char* overall(bool healthy, const MachineUse& use, std::string_view threat) {
  if (!healthy) return "unhealthy";
  const bool tight = use.disk_percent >= defaults::kTightPercent || use.memory_percent >= defaults::kTightPercent;
  return tight || threat == "high" ? "degraded" : "healthy";
}

/// The id of the path, as a number; a refusal of the call when it is none.
std::optional<events::AccountId> user_of(const CallPtr& call) {
  const auto id = id_number(kUser, call->path_parameter("user_id"));
  if (!id) call->refuse({Errc::not_found, "User not found"});
  return id;
}

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

/// Nothing when it is missing or null.
std::optional<bool> says_active(const CallPtr& call) {
  const auto at = call->body.find("is_active");
  return at != call->body.end() && at->is_boolean() ? std::optional(at->get<bool>()) : std::nullopt;
}

}  // namespace

// System

void Admin::status(const CallPtr& call) {
  const auto& services = context_.services;
  const auto store = services.store.metrics();
  const bool healthy = services.store.healthy();
  const auto use = machine_.use();
  const auto threat = failed_logins_.threat_level(call->now);
  const auto& files = services.system.files();
  const auto last_scan = files.has_scanner() ? files.last_scan() : backups_.last_log_check();
  call->answer({{"status", overall(healthy, use, threat)},
                {"version", TROUPE_VERSION},
                {"uptime", Machine::uptime().count()},
                {"database", database_view(store, services.system.metrics().reads_waiting, healthy)},
                {"cache", cache_view(store, healthy)},
                {"security",
                 {{"encryption_status", call->request.tls ? "active" : "at_rest"},
                  {"threat_level", threat},
                  {"last_security_scan", time_or_null(last_scan.value_or(0))}}},
                {"performance",
                 {{"cpu_usage", one_decimal(use.cpu_percent)},
                  {"memory_usage", one_decimal(use.memory_percent)},
                  {"disk_usage", one_decimal(use.disk_percent)},
                  {"response_time_ms", std::round(services.metrics.recent_median_seconds() * 1e6) / 1000}}}});
}

void Admin::committed(const std::vector<storage::RecordPtr>& records) {
  for (const auto& record : records) {
    if (record->category() != events::kAccounts) continue;
    for (const auto& stored : record->events) {
      if (stored.type != events::LogInFailed::type) continue;
      const auto failed = events::decode_as<events::LogInFailed>(stored);
      if (failed) failed_logins_.add(record->time, failed->locked_until != 0);
    }
  }
}

// Users

void Admin::list_users(const CallPtr& call) {
  const bool include_inactive = call->query_text("include_inactive").value_or("false") == "true";
  const auto role = call->query_text("role").value_or("");
  const auto search = call->query_text("search").value_or("");
  const auto limit = static_cast<std::size_t>(call->query_integer("limit"));
  const std::size_t first = static_cast<std::size_t>(call->query_integer("page") - 1) * limit;
  OrderedJson users = OrderedJson::array();
  std::size_t found = 0;
  for (events::AccountId after = 0;;) {
    const auto page = context_.queries.accounts(after, defaults::kMaxListLimit);
    for (const auto& row : page) {
      if (!include_inactive && !row.active) continue;
      if (!role.empty() && row.role != role) continue;
      if (!contains_ignoring_case(row.username, search) && !contains_ignoring_case(row.email, search)) continue;
      if (++found <= first || users.size() == limit) continue;
      OrderedJson view = user_view(row);
      view["locked"] = context_.queries.locked_until(row.id) > call->now;
      users.push_back(std::move(view));
    }
    if (page.size() < defaults::kMaxListLimit) break;
    after = page.back().id;
  }
  call->answer({{"users", users},
                {"page", call->query_integer("page")},
                {"limit", limit},
                {"total_count", found},
                {"has_more", found > first + users.size()}});
}

void Admin::answer_user(const CallPtr& call, events::AccountId id) {
  const auto row = context_.queries.account(id);
  if (!row) return call->refuse({Errc::not_found, "User not found"});
  OrderedJson view = user_view(*row);
  view["locked"] = context_.queries.locked_until(id) > call->now;
  call->answer(view);
}

void Admin::update_user(const CallPtr& call) {
  const auto id = user_of(call);
  if (!id) return;
  const Json& roles = call->body.contains("roles") ? call->body["roles"] : Json();
  if (!roles.is_null() && (roles.size() != 1 || !roles[0].is_string()))
    return call->refuse({Errc::invalid, "roles must hold exactly one role", "roles"});
  const bool lowers_oneself =
      *id == call->caller.account && ((!roles.is_null() && roles[0] != "admin") || says_active(call) == false);
  // So that somebody who may undo it is always left.
  if (lowers_oneself)
    return call->refuse({Errc::conflict, "administrators cannot take their own access away; another one can"});
  if (roles.is_null()) return change_active(call, *id);
  context_.services.system.ask_account(
      *id, actors::ChangeRole{roles[0].get<std::string>()}, call->cause(),
      context_.services.then_with<storage::RecordPtr>(
          call, [this, call, id = *id](const storage::RecordPtr&) { change_active(call, id); },
          [call](Error error) {
            if (error.field == "role") error.field = "roles";
            call->refuse(error);
          }));
}

void Admin::change_active(const CallPtr& call, events::AccountId id) {
  const auto active = says_active(call);
  if (!active) return answer_user(call, id);
  context_.services.system.ask_account(
      id, actors::ChangeActive{*active}, call->cause(),
      context_.services.then(call, [this, call, id](const storage::Record&) { answer_user(call, id); }));
}

void Admin::log_user_out(const CallPtr& call) {
  const auto id = user_of(call);
  if (!id) return;
  context_.services.system.ask_account(*id, actors::LogOutEverywhere{}, call->cause(),
                                       context_.services.then(call, [call](const storage::Record&) {
                                         call->answer({{"message", "All logins of the user have ended"}});
                                       }));
}

// Backups

OrderedJson Admin::backup_view(const projections::BackupRow& row) const {
  const auto& backups = context_.services.system.backups();
  const auto job = backups.job(row.id);
  const bool completed = row.status == projections::kBackupCompleted;
  const bool verifying = job && job->kind == actors::BackupJob::Kind::verifying;
  const bool making = job && job->kind == actors::BackupJob::Kind::making;
  double percent = completed ? 100 : 0;
  if (making && job->total_bytes > 0)
    percent = 100 * static_cast<double>(job->done_bytes) / static_cast<double>(job->total_bytes);
  const char* verification = row.verified_at == 0 ? "none" : row.good ? "good" : "damaged";
  std::error_code ignored;
  const auto asker = row.asked_by.starts_with("account/") ? whole_number(row.asked_by.substr(8)) : std::nullopt;
  return {{"backup_id", row.id},
          {"status", row.status},
          {"progress", one_decimal(percent)},
          {"created_at", iso8601(row.created_at)},
          {"created_by", asker ? id_text(kUser, *asker) : row.asked_by},
          {"completed_at", time_or_null(row.finished_at)},
          {"size_bytes", row.size},
          {"data_bytes", row.file_bytes},
          {"last_position", row.position},
          {"include_database", row.database},
          {"include_files", row.files},
          {"compression", row.compression},
          {"encryption", row.encryption != storage::word(storage::Encryption::none)},
          {"encrypted_with", row.encryption},
          {"error", row.reason.empty() ? OrderedJson(nullptr) : OrderedJson(row.reason)},
          {"verification",
           {{"status", verifying ? "running" : verification},
            {"progress", one_decimal(verifying && job->total_bytes > 0 ? 100 * static_cast<double>(job->done_bytes) /
                                                                             static_cast<double>(job->total_bytes)
                                                                       : 0)},
            {"verified_at", time_or_null(row.verified_at)}}},
          {"available", completed && std::filesystem::exists(backups.file(row.id), ignored)}};
}

void Admin::answer_backup(const CallPtr& call, const std::string& id) {
  const auto row = backups_.backup(id);
  if (!row) return call->refuse({Errc::not_found, "Backup not found"});
  call->answer(backup_view(*row));
}

void Admin::create_backup(const CallPtr& call) {
  actors::BackupRequest request;
  request.database = call->body_flag("include_database", true);
  request.files = call->body_flag("include_files", true);
  request.compression = call->optional_body_text("compression").value_or("gzip");
  request.encryption = call->body_flag("encryption", true) ? storage::Encryption::data_key : storage::Encryption::none;
  context_.services.system.backups().start(std::move(request), call->cause(),
                                           context_.services.then(call, [this, call](const storage::Record& record) {
                                             answer_backup(call, std::string(record.id()));
                                           }));
}

void Admin::list_backups(const CallPtr& call) {
  OrderedJson views = OrderedJson::array();
  for (const auto& row : backups_.backups()) views.push_back(backup_view(row));
  const auto count = views.size();
  call->answer(
      {{"backups", std::move(views)}, {"total_count", count}, {"kept", context_.services.system.backups().max_kept()}});
}

void Admin::show_backup(const CallPtr& call) { answer_backup(call, call->path_parameter("backup_id")); }

void Admin::download_backup(const CallPtr& call) {
  const auto& id = call->path_parameter("backup_id");
  const auto row = backups_.backup(id);
  if (!row) return call->refuse({Errc::not_found, "Backup not found"});
  if (row->status != projections::kBackupCompleted)
    return call->refuse({Errc::conflict, "The backup is not complete", "status"});
  auto& system = context_.services.system;
  const auto source = FileSource::open(system.backups().file(row->id), [&system](std::function<void()> work) {
    return system.read_elsewhere(std::move(work));
  });
  if (!source) return call->refuse({Errc::not_found, "The backup's file is not there any more"});
  const std::string etag = "\"" + row->id + "\"";
  Response response = ranged_response("application/octet-stream", etag);
  response.headers.emplace_back("Content-Disposition", content_disposition("attachment", row->id + ".troupe-backup"));
  response.headers.emplace_back("Cache-Control", "no-store");
  if (answered_not_modified(call, response, etag)) return;
  answer_range(call, std::move(response), etag, (*source)->size(),
               [&](ByteRange range) -> Expected<std::shared_ptr<BodySource>> {
                 if (auto ok = (*source)->narrow_to(range); !ok) return tl::unexpected(ok.error());
                 return *source;
               });
}

void Admin::verify_backup(const CallPtr& call) {
  const auto id = call->path_parameter("backup_id");
  context_.services.system.backups().verify(id, call->cause(), [this, call, id](const Expected<void>& queued) {
    if (!queued) return call->refuse(queued.error());
    answer_backup(call, id);
  });
}

void Admin::delete_backup(const CallPtr& call) {
  context_.services.system.backups().remove(call->path_parameter("backup_id"), call->cause(),
                                            context_.services.then(call, [call](const storage::Record&) {
                                              call->answer({{"message", "Backup deleted"}});
                                            }));
}

}  // namespace troupe::http::plexichat
