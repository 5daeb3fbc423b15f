#include "actors/file.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using Decision = Expected<std::vector<FileEvent>>;

tl::unexpected<Error> no_such_file() { return fail(Errc::not_found, "No such file"); }

Decision on(const FileState& state, const UploadFile& c) {
  if (state.exists || state.uploader != 0) return fail(Errc::conflict, "there was a file of this id", "id");
  if (c.file.size <= 0) return fail(Errc::invalid, "The file is empty", "file");
  if (c.file.size > static_cast<std::int64_t>(defaults::kMaxFileBytes))
    return fail(Errc::too_large, "A file has at most " + std::to_string(defaults::kMaxFileBytes >> 20) + " MiB",
                "file");
  if (c.name_length == 0) return fail(Errc::invalid, "The file has no name", "file");
  if (c.name_length > defaults::kMaxFileNameLength)
    return fail(Errc::invalid,
                "A file's name has at most " + std::to_string(defaults::kMaxFileNameLength) + " characters", "file");
  if (c.description_length > defaults::kMaxFileDescriptionLength)
    return fail(Errc::invalid,
                "description must have at most " + std::to_string(defaults::kMaxFileDescriptionLength) + " characters",
                "description");
  if (c.file.scan == kInfected) return fail(Errc::invalid, "The virus scanner found malware in the file", "file");
  if (c.file.scan == kUnscannable)
    return fail(Errc::too_large, "The file is larger or deeper than what the virus scanner looks at", "file");
  return {{c.file}};
}

Decision on(const FileState& state, const RecordScan& c) {
  if (state.scan == c.scan) return std::vector<FileEvent>{};
  return {{FileScanned{c.scan}}};
}

Decision on(const FileState& state, const DeleteFile& c) {
  if (c.by != state.uploader && !c.moderates)
    return fail(Errc::forbidden, "Only the uploader or a moderator may delete a file");
  return {{FileDeleted{c.by, state.uploader, state.session, state.uploaded_at}}};
}

}  // namespace

Decision FileDecider::decide(const State& state, const Command& command, Micros) {
  if (!state.exists && !std::holds_alternative<UploadFile>(command)) return no_such_file();
  return std::visit([&](const auto& c) { return on(state, c); }, command);
}

void FileDecider::evolve(State& state, const Event& event, Micros time) {
  std::visit(Overloaded{
                 [&](const FileUploaded& e) {
                   state = {true, e.uploader, e.session, time, e.scan};
                 },
                 [&](const FileScanned& e) { state.scan = e.scan; },
                 [&](const FileDeleted&) { state.exists = false; },
             },
             event);
}

}  // namespace troupe::actors
