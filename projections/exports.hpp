// What the log and the rows hold, as files for other programs. Streams from the store to the output: memory stays small
// whatever the size, and a server may run beside it.
#pragma once

#include <ostream>
#include <string>

#include "storage/store.hpp"

namespace troupe::projections {

enum class ExportKind : std::uint8_t {
  logs,      ///< what bots reported as logs
  messages,  ///< what bots reported as messages
  commands,  ///< every command as it stands now
  events,    ///< every fact in the log
};

enum class ExportFormat : std::uint8_t {
  json,    ///< one array
  ndjson,  ///< one object a line
  csv,     ///< RFC 4180, with a header line; objects as JSON text
};

struct Export {
  ExportKind kind = ExportKind::logs;
  ExportFormat format = ExportFormat::json;
  std::string bot;  ///< only what is this bot's; empty: everything
};

/// Logs, messages and events come in the order of the log, commands in the order of their ids. Every record has its
/// `position` in the log, so that the next export can be told from this one. Secrets (hashes and sealed values) are
/// left out, and so is what was personal of an erased account. Errors: corrupt; conflict (the rows were built by
/// another version of this program); storage_failed (the output takes no more).
Expected<void> write_export(const storage::Store& store, const Export& what, std::ostream& out);

}  // namespace troupe::projections
