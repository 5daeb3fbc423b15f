// The decider of uploaded files. Pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "actors/decider.hpp"
#include "events/file.hpp"

namespace troupe::actors {

using events::AccountId;
using events::FileId;
using events::SessionId;

struct FileState {
  bool exists = false;
  AccountId uploader = 0;
  SessionId session = 0;
  Micros uploaded_at = 0;
  std::string scan;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(FileState, exists, uploader, session, uploaded_at, scan)

/// Texts come sealed; the lengths are what they had in characters before: a limit is a rule, so it is checked here.
struct UploadFile {
  events::FileUploaded file;
  std::size_t name_length = 0;
  std::size_t description_length = 0;
};

/// The scanner was asked again.
struct RecordScan {
  std::string scan;
};

struct DeleteFile {
  AccountId by = 0;
  bool moderates = false;  ///< may delete what others uploaded
};

struct FileDecider {
  using State = FileState;
  using Event = events::FileEvent;
  using Command = std::variant<UploadFile, RecordScan, DeleteFile>;
  static constexpr std::string_view category = events::kFiles;
  static constexpr std::uint16_t snapshot_schema = 1;

  static Expected<std::vector<Event>> decide(const State& state, const Command& command, Micros now);
  static void evolve(State& state, const Event& event, Micros time);
  static std::vector<Claim> claims(const State&, const Event&) { return {}; }
  /// Nobody: its texts come sealed, under the uploader's key.
  static AccountId owner(const State&) { return 0; }
};

}  // namespace troupe::actors
