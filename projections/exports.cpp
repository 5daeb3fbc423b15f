#include "projections/exports.hpp"

#include <algorithm>

#include "events/feed.hpp"
#include "events/time.hpp"
#include "projections/read_row.hpp"
#include "projections/rebuild.hpp"
#include "projections/rows.hpp"

namespace troupe::projections {
namespace {

using nlohmann::ordered_json;
using Row = ordered_json::object_t;

/// Fields of events that nobody needs to read and somebody could use.
constexpr std::string_view kSecrets[] = {"password_hash", "token_hash", "token_hashes",     "ended_logins",
                                         "refresh_hash",  "key_hash",   "backup_code_hash", "backup_code_hashes"};
constexpr std::string_view kSealedPrefix = "sealed_";

ordered_json time_or_null(Micros time) { return time == 0 ? ordered_json(nullptr) : ordered_json(iso8601(time)); }

Row row_of(const events::LogReported& log, events::Position position, std::string_view bot, Micros time) {
  return {{"position", position}, {"time", iso8601(time)},  {"bot_id", bot},
          {"type", log.level},    {"message", log.message}, {"metadata", log.metadata}};
}

Row row_of(const events::MessageReported& message, events::Position position, std::string_view bot, Micros time) {
  const auto or_null = [](const std::optional<std::string>& text) {
    return text ? ordered_json(*text) : ordered_json(nullptr);
  };
  return {{"position", position},
          {"time", iso8601(time)},
          {"bot_id", bot},
          {"message", message.message},
          {"author_id", or_null(message.author_id)},
          {"author_name", or_null(message.author_name)},
          {"thread_id", or_null(message.thread_id)},
          {"thread_type", message.thread_type},
          {"metadata", message.metadata}};
}

Row row_of(const CommandRow& command) {
  return {{"id", command.id},
          {"bot_id", command.bot_id},
          {"owner_id", command.owner_id},
          {"type", command.type},
          {"payload", command.payload},
          {"status", command.status},
          {"created_by", command.created_by},
          {"created_at", iso8601(command.created_at)},
          {"dispatched_at", time_or_null(command.dispatched_at)},
          {"attempts", command.attempts},
          {"completed_at", time_or_null(command.completed_at)},
          {"result", command.result}};
}

Row row_of(const events::Record& record, std::size_t index, Json fields) {
  for (const auto secret : kSecrets) fields.erase(secret);
  for (auto field = fields.begin(); field != fields.end();)
    field = field.key().starts_with(kSealedPrefix) ? fields.erase(field) : std::next(field);
  const auto& event = record.events[index];
  return {{"position", record.position + index},
          {"time", iso8601(record.time)},
          {"stream", record.stream},
          {"version", record.version + index},
          {"type", event.type},
          {"schema", event.schema},
          {"caused_by", record.caused_by},
          {"correlation", record.correlation},
          {"data", std::move(fields)}};
}

/// The columns of a kind, also when it has no rows.
Row example_of(ExportKind kind) {
  switch (kind) {
    case ExportKind::logs: return row_of(events::LogReported{}, 0, "", 0);
    case ExportKind::messages: return row_of(events::MessageReported{}, 0, "", 0);
    case ExportKind::commands: return row_of(CommandRow{});
    case ExportKind::events: break;
  }
  const events::Record nothing{.events = {events::EncodedEvent{}}};
  return row_of(nothing, 0, Json::object());
}

std::string csv_cell(std::string text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

class Output {
 public:
  Output(ExportFormat format, const Row& example, std::ostream& out) : format_(format), out_(out) {
    if (format_ == ExportFormat::json) out_ << "[";
    if (format_ != ExportFormat::csv) return;
    std::string line;
    for (const auto& [name, value] : example) line += (line.empty() ? "" : ",") + csv_cell(name);
    out_ << line << "\r\n";
  }

  /// False when the output takes no more.
  bool write(Row row) {
    if (format_ == ExportFormat::csv) {
      write_line_of_csv(row);
    } else {
      if (format_ == ExportFormat::json) out_ << (first_ ? "\n" : ",\n");
      out_ << json_text(ordered_json(std::move(row)));
      if (format_ == ExportFormat::ndjson) out_ << '\n';
    }
    first_ = false;
    return static_cast<bool>(out_);
  }

  Expected<void> end() {
    if (format_ == ExportFormat::json) out_ << (first_ ? "]\n" : "\n]\n");
    if (!out_.flush()) return fail(Errc::storage_failed, "the output takes no more");
    return {};
  }

 private:
  void write_line_of_csv(const Row& row) {
    bool first = true;
    for (const auto& [name, value] : row) {
      if (!std::exchange(first, false)) out_ << ',';
      if (!value.is_null()) out_ << csv_cell(value.is_string() ? value.get<std::string>() : json_text(value));
    }
    out_ << "\r\n";
  }

  ExportFormat format_;
  std::ostream& out_;
  bool first_ = true;
};

/// Reads the whole log once. Its index by category goes backward, and an export goes forward.
Expected<void> write_log(const storage::Store& store, const Export& what, Output& output) {
  const auto wanted = [&](const events::Record& record) {
    if (what.kind == ExportKind::logs && record.category() != events::kLogs) return false;
    if (what.kind == ExportKind::messages && record.category() != events::kMessages) return false;
    if (what.kind != ExportKind::events && record.erased) return false;
    return what.bot.empty() || record.id() == what.bot;
  };
  std::optional<Error> error;
  const auto write = [&](const events::Record& record, std::size_t i) -> Expected<bool> {
    const auto position = record.position + i;
    if (what.kind == ExportKind::events) {
      auto fields = events::fields_of(record.events[i]);
      if (!fields) return tl::unexpected(fields.error());
      return output.write(row_of(record, i, std::move(*fields)));
    }
    const auto event = events::decode<events::FeedEvent>(record.events[i]);
    if (!event) return tl::unexpected(event.error());
    const auto row = std::visit([&](const auto& e) { return row_of(e, position, record.id(), record.time); }, *event);
    return output.write(row);
  };
  const auto read = store.read(1, [&](const events::Record& record) {
    if (!wanted(record)) return true;
    for (std::size_t i = 0; i < record.events.size(); ++i) {
      const auto more = write(record, i);
      if (!more) error = more.error();
      if (!more || !*more) return false;
    }
    return true;
  });
  if (error) return tl::unexpected(*error);
  return read;
}

Expected<void> write_commands(const storage::Store& store, const std::string& bot, Output& output) {
  if (!up_to_date(store))
    return fail(Errc::conflict, "the rows were built by another version of troupe: run `troupe rebuild` first");
  std::optional<Error> error;
  const auto read = store.scan(static_cast<TableId>(Table::commands), {}, {}, storage::Store::Direction::forward,
                               [&](std::string_view, std::string_view value) {
                                 const auto command = parse_row<CommandRow>(store, value);
                                 if (!command) {
                                   error = Error{Errc::corrupt, "a command's row does not decode"};
                                   return false;
                                 }
                                 if (!bot.empty() && command->bot_id != bot) return true;
                                 return output.write(row_of(*command));
                               });
  if (error) return tl::unexpected(*error);
  return read;
}

}  // namespace

Expected<void> write_export(const storage::Store& store, const Export& what, std::ostream& out) {
  Output output(what.format, example_of(what.kind), out);
  auto written =
      what.kind == ExportKind::commands ? write_commands(store, what.bot, output) : write_log(store, what, output);
  return written ? output.end() : written;
}

}  // namespace troupe::projections
