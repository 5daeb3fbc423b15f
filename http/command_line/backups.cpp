#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iostream>

#include "http/command_line/command_line.hpp"
#include "storage/backup.hpp"

namespace troupe::command_line {
namespace {

/// The first line of a file; nothing without a name.
Expected<std::optional<std::string>> first_line(const std::string& file) {
  if (file.empty()) return std::optional<std::string>();
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line) || line.empty()) return fail(Errc::invalid, file + " must hold one line of text");
  return std::optional(line);
}

/// Where the keys of backups come from.
struct BackupKeys {
  std::string passphrase_file, key_file;
  std::filesystem::path data;  ///< a folder whose `key` may be the one

  Expected<std::optional<std::string>> passphrase() const {
    if (auto line = first_line(passphrase_file); !line || *line) return line;
    const char* given = std::getenv("TROUPE_BACKUP_PASSPHRASE");
    return given && *given ? std::optional<std::string>(given) : std::nullopt;
  }
  /// The data key's text: the file's, else the environment's, else the data folder's.
  Expected<std::optional<std::string>> data_key() const {
    if (auto line = first_line(key_file); !line || *line) return line;
    if (const char* given = std::getenv("TROUPE_KEY")) return std::optional<std::string>(given);
    if (!data.empty() && std::filesystem::exists(data / "key")) return first_line(data / "key");
    return std::optional<std::string>();
  }
  /// What opens this backup, as far as it was given. Errors: invalid, those of reading its manifest.
  Expected<std::optional<storage::BackupKey>> to_open(const std::string& file) const {
    const auto shown = storage::read_backup_manifest(file);
    if (!shown) return tl::unexpected(shown.error());
    const auto kind = shown->manifest.encryption;
    if (kind == storage::Encryption::none) return std::optional<storage::BackupKey>();
    const auto text = kind == storage::Encryption::passphrase ? passphrase() : data_key();
    if (!text) return tl::unexpected(text.error());
    if (!*text) return std::optional<storage::BackupKey>();
    if (kind == storage::Encryption::passphrase) return std::optional(storage::BackupKey{kind, **text});
    const auto secrets = actors::Secrets::of_key(**text);
    if (!secrets) return tl::unexpected(secrets.error());
    return std::optional(storage::BackupKey{kind, secrets->backup_key()});
  }
};

void print_backup(const storage::FinishedBackup& backup) {
  const auto& m = backup.manifest;
  std::cout << m.id << '\t' << iso8601(m.created_at) << '\t' << backup.size << " bytes\t"
            << (m.database ? "events up to " + std::to_string(m.position) : "no database") << '\t'
            << (m.files ? "files" : "no files") << '\t' << storage::word(m.compression) << '\t'
            << storage::word(m.encryption) << '\n';
}

Expected<void> create_backup(const std::filesystem::path& data, actors::BackupRequest request) {
  auto made = with_system(data, [&](actors::System& system, const projections::Queries&) -> Expected<void> {
    std::promise<Expected<void>> promise;
    auto finished = promise.get_future();
    std::string id;
    system.backups().start(
        std::move(request), actors::by_the_house("command-line"),
        [&](const Expected<storage::RecordPtr>& started) {
          if (started) id = (*started)->id();
          if (!started) promise.set_value(tl::unexpected(started.error()));
        },
        [&](Expected<void> result) { promise.set_value(std::move(result)); });
    if (auto result = finished.get(); !result) return result;
    const auto file = system.backups().file(id);
    const auto shown = storage::read_backup_manifest(file);
    if (!shown) return tl::unexpected(shown.error());
    print_backup(*shown);
    std::cout << file.string() << '\n';
    return {};
  });
  if (!made && made.error().code == Errc::conflict && made.error().field.empty())
    made.error().message += ". A running server makes its own backups: POST /api/v1/admin/backup";
  return made;
}

Expected<void> list_backups(const std::filesystem::path& data) {
  std::vector<std::filesystem::path> files;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(data / "backups", none))
    if (entry.path().extension() == ".troupe-backup") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    const auto shown = storage::read_backup_manifest(file);
    if (!shown) return tl::unexpected(shown.error());
    print_backup(*shown);
  }
  return {};
}

Expected<void> verify_backup(const std::string& file, const BackupKeys& keys) {
  const auto key = keys.to_open(file);
  if (!key) return tl::unexpected(key.error());
  const auto proven = storage::verify_backup(file, *key);
  if (!proven) return tl::unexpected(proven.error());
  std::cout << file << " is whole: " << proven->file_count << " files, " << proven->file_bytes
            << " bytes, events up to " << proven->position << '\n';
  return {};
}

/// The data key is not in a backup. One that is given is proven to be the right one; from a file it is put in place.
Expected<void> restore_backup(const std::string& file, const BackupKeys& keys, const std::filesystem::path& folder) {
  const auto key = keys.to_open(file);
  if (!key) return tl::unexpected(key.error());
  const auto restored = storage::restore_backup(file, *key, folder);
  if (!restored) return tl::unexpected(restored.error());
  std::cout << "restored " << restored->file_count << " files, " << restored->file_bytes << " bytes, events up to "
            << restored->position << " into " << folder.string() << '\n';
  const auto data_key = keys.data_key();
  if (!data_key) return tl::unexpected(data_key.error());
  if (*data_key && !keys.key_file.empty())
    if (auto placed = actors::Secrets::place_key(folder, **data_key); !placed) return placed;
  if (!*data_key || !restored->database) {
    std::cout << (restored->database ? "the data key is not in a backup: put it back as " + (folder / "key").string() +
                                           " or into TROUPE_KEY before you start the server\n"
                                     : "there is no database in this backup: put `files` into a data folder\n");
    return {};
  }
  const auto secrets = actors::Secrets::open(folder);
  return secrets ? Expected<void>{} : tl::unexpected(secrets.error());
}

}  // namespace

void add_backup(CLI::App& app, std::filesystem::path& data, int& code) {
  auto* backup = app.add_subcommand("backup", "Backups of a data folder: create, list, verify, restore");
  backup->require_subcommand(1);
  static BackupKeys keys;
  static actors::BackupRequest request;
  static std::string file;
  static bool in_clear = false, no_files = false;
  const auto in_folder = [&](CLI::App* command, const char* help) {
    command->add_option("--data", data, help)->envname("TROUPE_DATA")->capture_default_str();
    return command;
  };
  const auto with_passphrase = [](CLI::App* command, const char* help) {
    command->add_option("--passphrase-file", keys.passphrase_file, help)->check(CLI::ExistingFile);
    return command;
  };
  const auto with_keys = [&](CLI::App* command, const char* key_help) {
    command->add_option("file", file, "The backup")->required();
    command->add_option("--key-file", keys.key_file, key_help)->check(CLI::ExistingFile);
    return with_passphrase(command, "Its first line is the passphrase; or TROUPE_BACKUP_PASSPHRASE itself");
  };

  auto* create = with_passphrase(
      in_folder(backup->add_subcommand("create", "Back up a folder that no server is using"), "Data folder"),
      "Encrypt with this file's first line, or TROUPE_BACKUP_PASSPHRASE, instead of the data key");
  create->add_option("--compression", request.compression)
      ->check(CLI::IsMember({"none", "gzip", "zstd"}))
      ->capture_default_str();
  create->add_flag("--no-encryption", in_clear, "Leave it readable to everyone who has the file");
  create->add_flag("--no-files", no_files, "Leave uploaded files out");
  create->callback([&] {
    request.files = !no_files;
    if (in_clear) request.encryption = storage::Encryption::none;
    const auto passphrase = keys.passphrase();
    if (!passphrase) return void(code = report(tl::unexpected(passphrase.error())));
    if (*passphrase && !in_clear) {
      request.encryption = storage::Encryption::passphrase;
      request.passphrase = **passphrase;
    }
    code = report(create_backup(data, request));
  });

  in_folder(backup->add_subcommand("list", "List the backups in a data folder"), "Data folder")->callback([&] {
    code = report(list_backups(data));
  });

  auto* verify = with_keys(in_folder(backup->add_subcommand("verify", "Prove every byte of a backup"),
                                     "Data folder whose `key` may be the one"),
                           "The data key; or TROUPE_KEY itself, or the data folder's");
  verify->callback([&] {
    keys.data = data;
    code = report(verify_backup(file, keys));
  });

  auto* restore = with_keys(backup->add_subcommand("restore", "Bring a backup back into a new folder"),
                            "The data key, which is put into the folder; or TROUPE_KEY itself");
  restore->add_option("--data", data, "Folder to make: empty, or not there")->required();
  restore->callback([&] { code = report(restore_backup(file, keys, data)); });
}

}  // namespace troupe::command_line
