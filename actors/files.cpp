#include "actors/files.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>
#include <thread>

#include "actors/at_end.hpp"
#include "actors/rules.hpp"

namespace troupe::actors {
namespace {

using projections::FileRow;
using storage::RecordPtr;

Expected<std::string> sealed_or_empty(const Secrets& secrets, AccountId account, const std::string& text) {
  return text.empty() ? Expected<std::string>(std::string()) : secrets.seal_for(account, text);
}

/// Whether the log may know the file after this answer: then its content must stay.
bool may_be_stored(const Expected<RecordPtr>& result) {
  return result || result.error().code == Errc::storage_failed || result.error().code == Errc::shutting_down;
}

}  // namespace

Files::Files(storage::Store& journal, const Secrets& secrets, FilesOptions options, AskFile ask_file, Threads threads)
    : secrets_(secrets),
      queries_(journal),
      accounts_(journal),
      sessions_(journal),
      options_(std::move(options)),
      scanner_(options_.scanner),
      ask_file_(std::move(ask_file)),
      threads_(std::move(threads)) {}

Expected<std::unique_ptr<IncomingFile>> Files::begin(AccountId uploader) {
  if (!store_) return fail(Errc::overloaded, "There is no place for files");
  if (queries_.count_of_uploader(uploader) >= static_cast<std::int64_t>(defaults::kMaxFilesPerAccount))
    return fail(Errc::conflict, "An account has at most " + std::to_string(defaults::kMaxFilesPerAccount) + " files");
  return store_->begin(uploader);
}

void Files::keep(std::shared_ptr<IncomingFile> file, NewFile said, Cause cause, RecordAnswer answer) {
  const bool taken = threads_.inspections([this, file, said, cause, answer] { look_at(file, said, cause, answer); });
  if (!taken) answer(fail(Errc::overloaded, "Too many uploads wait to be looked at"));
}

void Files::look_at(const std::shared_ptr<IncomingFile>& file, NewFile said, Cause cause, RecordAnswer answer) {
  if (ending_) return answer(fail(Errc::shutting_down, "The server is ending"));
  auto command = described(*file, said);
  if (!command) return answer(tl::unexpected(command.error()));
  // Decided once on no file at all, so that what is refused is never moved into place.
  if (auto events = FileDecider::decide({}, *command, cause.now); !events)
    return answer(tl::unexpected(events.error()));
  if (auto ok = file->move_into_place(); !ok) return answer(tl::unexpected(ok.error()));
  ask_file_(file->id(), std::move(*command), std::move(cause), [this, file, answer](Expected<RecordPtr> result) {
    if (may_be_stored(result)) file->commit();
    // What was uploaded for an account that was deleted in the same moment goes the same way.
    if (const AccountId uploader = file->uploader(); result && !accounts_.account_exists(uploader))
      threads_.writes([this, uploader] {
        if (auto ok = delete_files_of(uploader, by_the_house()); !ok) spdlog::error("{}", ok.error().message);
      });
    answer(std::move(result));
  });
}

Expected<UploadFile> Files::described(IncomingFile& file, const NewFile& said) {
  const AccountId uploader = file.uploader();
  if (said.session != 0 && !sessions_.is_member(said.session, uploader))
    return fail(Errc::invalid, "There is no such channel", "channel_id");
  if (auto ok = file.finish(); !ok) return tl::unexpected(ok.error());
  const auto content = file.content();
  if (!content) return tl::unexpected(content.error());
  UploadFile command;
  events::FileUploaded& event = command.file;
  event.scan = scan(**content);
  Inspection found;
  if (event.scan != events::kInfected && event.scan != events::kUnscannable) {
    const auto inspected = (*content)->read_all(defaults::kMaxInspectedBytes);
    if (!inspected) return tl::unexpected(inspected.error());
    found = inspect(options_.inspector, *inspected, inspected->size() == (*content)->size());
  }
  if (!found.thumbnail.empty())
    if (auto ok = file.add_thumbnail(found.thumbnail); !ok) return tl::unexpected(ok.error());
  auto name = sealed_or_empty(secrets_, uploader, said.name);
  auto description = sealed_or_empty(secrets_, uploader, said.description);
  auto author = sealed_or_empty(secrets_, uploader, found.author);
  for (const auto* sealed : {&name, &description, &author})
    if (!*sealed) return tl::unexpected(sealed->error());
  event.id = file.id();
  event.uploader = uploader;
  event.session = said.session;
  event.sealed_name = std::move(*name);
  event.sealed_description = std::move(*description);
  event.size = static_cast<std::int64_t>(file.size());
  event.content_type = found.content_type;
  event.is_public = said.is_public;
  event.width = found.width;
  event.height = found.height;
  event.pages = found.pages;
  event.sealed_author = std::move(*author);
  event.has_thumbnail = !found.thumbnail.empty();
  command.name_length = length_in_characters(said.name);
  command.description_length = length_in_characters(said.description);
  return command;
}

std::string Files::scan(const SealedFileReader& content) {
  return scanner_.scan([&](std::uint64_t offset) -> Expected<std::string> {
    if (offset >= content.size()) return std::string();
    return content.read(offset, SealedFileWriter::kChunkBytes);
  });
}

std::optional<Micros> Files::last_scan() const {
  const Micros last = std::max(scanner_.last_scan(), queries_.last_scan().value_or(0));
  return last == 0 ? std::nullopt : std::optional(last);
}

bool Files::may_see(const FileRow& file, AccountId account) const {
  if (file.is_public) return true;
  if (account == 0) return false;
  return account == file.uploader || (file.session != 0 && sessions_.is_member(file.session, account));
}

std::optional<FileTexts> Files::texts(const FileRow& file) const {
  FileTexts texts;
  for (const auto& [sealed, text] :
       {std::pair(&file.sealed_name, &texts.name), std::pair(&file.sealed_description, &texts.description),
        std::pair(&file.sealed_author, &texts.author)}) {
    if (sealed->empty()) continue;
    auto plain = secrets_.unseal_for(file.uploader, *sealed);
    if (!plain) return std::nullopt;
    *text = std::move(*plain);
  }
  return texts;
}

Expected<void> Files::check_attachments(const std::vector<std::string>& ids, AccountId author,
                                        SessionId session) const {
  for (const auto& id : ids) {
    const auto file = queries_.file(id);
    // Of the author's own files others could open the public ones only.
    const bool for_all = file && (file->session == session || (file->is_public && file->uploader == author));
    if (!for_all || file->scan == events::kInfected)
      return fail(Errc::invalid, "attachments must be files of this channel, or public ones of yours", "attachments");
  }
  return {};
}

Expected<void> Files::may_be_read(const FileRow& file) const {
  if (!store_) return fail(Errc::not_found, "the file's content is gone");
  if (file.scan == events::kInfected) return fail(Errc::forbidden, "The virus scanner found malware in this file");
  if (file.scan == events::kUnscannable)
    return fail(Errc::forbidden, "This file is larger or deeper than what the virus scanner looks at");
  if (file.scan == events::kScanError && scanner_.is_there())
    return fail(Errc::forbidden, "This file has not been scanned for viruses yet; try again later");
  return {};
}

Expected<std::shared_ptr<SealedFileReader>> Files::content(const FileRow& file) const {
  if (auto ok = may_be_read(file); !ok) return tl::unexpected(ok.error());
  return store_->content(file.id, file.uploader);
}

Expected<std::shared_ptr<SealedFileReader>> Files::thumbnail(const FileRow& file) const {
  if (auto ok = may_be_read(file); !ok) return tl::unexpected(ok.error());
  return store_->thumbnail(file.id, file.uploader);
}

PlainText Files::text(const FileRow& file, std::size_t limit) const {
  if (!is_text(file.content_type)) return {};
  const auto reader = content(file);
  const auto bytes = reader ? (*reader)->read_all(limit + 1) : tl::unexpected(reader.error());
  return bytes ? plain_text(*bytes, limit) : PlainText{};
}

void Files::remove(const FileId& id, DeleteFile command, Cause cause, RecordAnswer answer) {
  ask_file_(id, std::move(command), std::move(cause), [this, id, answer](Expected<RecordPtr> result) {
    if (!result || !store_) return answer(std::move(result));
    const auto remove = [this, id, answer, result] {
      store_->remove(id);
      answer(result);
    };
    if (!threads_.writes(remove)) remove();
  });
}

Expected<void> Files::delete_files_of(AccountId account, const Cause& cause) {
  for (;;) {
    const auto files = queries_.files_of_uploader(account, std::nullopt, defaults::kFileDeletionsAtOnce);
    if (files.empty()) return {};
    std::vector<std::future<Expected<RecordPtr>>> answers;
    for (const auto& file : files) {
      auto promise = std::make_shared<std::promise<Expected<RecordPtr>>>();
      answers.push_back(promise->get_future());
      ask_file_(file.id, DeleteFile{0, true}, cause,
                [promise](Expected<RecordPtr> result) { promise->set_value(std::move(result)); });
    }
    std::optional<Error> error;
    bool busy = false;
    for (std::size_t i = 0; i < files.size(); ++i) {
      const auto result = answers[i].get();
      if (result && store_) store_->remove(files[i].id);
      if (result || result.error().code == Errc::not_found) continue;
      if (result.error().code == Errc::overloaded && !ending_)
        busy = true;
      else
        error = result.error();
    }
    if (error) return tl::unexpected(*error);
    if (busy) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void Files::remove_unknown() {
  if (store_) store_->remove_unknown([this](const FileId& id) { return queries_.file(id).has_value(); });
}

void Files::rescan_if_due(Micros now) {
  if (!store_ || !scanner_.is_there() || now < next_rescan_ || scanner_.rests(now)) return;
  next_rescan_ = now + to_micros(options_.scanner.retry_delay);
  if (queries_.unscanned({}, 1).empty() || rescanning_.exchange(true)) return;
  const bool taken = threads_.inspections([this] {
    const AtEnd done([this] { rescanning_ = false; });
    rescan();
  });
  if (!taken) rescanning_ = false;
}

void Files::rescan() {
  // On from the last one, so that those that the scanner will never take do not stand before all others.
  const auto ids = queries_.unscanned(rescanned_up_to_, defaults::kRescansAtOnce);
  if (ids.size() < defaults::kRescansAtOnce) rescanned_up_to_.clear();
  for (const auto& id : ids) {
    if (ids.size() == defaults::kRescansAtOnce) rescanned_up_to_ = id;
    if (ending_ || scanner_.rests(now_micros())) return;
    const auto row = queries_.file(id);
    if (!row) continue;
    const auto content = store_->content(row->id, row->uploader);
    if (!content && content.error().code != Errc::not_found) continue;
    // What is gone cannot be given out either.
    const std::string result = content ? scan(**content) : std::string(events::kNotScanned);
    if (result == events::kScanError) continue;
    auto recorded = std::make_shared<std::promise<void>>();
    auto done = recorded->get_future();
    ask_file_(id, RecordScan{result}, by_the_house(), [recorded](const auto&) { recorded->set_value(); });
    done.wait();
  }
}

}  // namespace troupe::actors
