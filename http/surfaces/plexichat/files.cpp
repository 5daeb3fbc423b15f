#include "http/surfaces/plexichat/files.hpp"

#include "http/download.hpp"
#include "http/ranged_answer.hpp"
#include "http/surface.hpp"
#include "http/surfaces/plexichat/channels.hpp"
#include "http/surfaces/plexichat/ids.hpp"
#include "http/surfaces/plexichat/upload.hpp"

namespace troupe::http::plexichat {
namespace {

using Reader = std::shared_ptr<actors::SealedFileReader>;

/// A range of a file's content, read as fast as the client takes it.
class ContentSource final : public BodySource {
 public:
  ContentSource(actors::Files& files, Reader reader, ByteRange range)
      : files_(files), reader_(std::move(reader)), size_(range.size()), at_(range.first), end_(range.last + 1) {}
  std::uint64_t size() const override { return size_; }
  void next(std::function<void(Expected<std::string>)> ready) override {
    const bool queued =
        files_.read_elsewhere([reader = reader_, at = at_, end = end_, ready] { ready(reader->read(at, end - at)); });
    // What is read ends with its chunk, or with the range.
    constexpr std::uint64_t kChunk = actors::SealedFileWriter::kChunkBytes;
    at_ = std::min(end_, (at_ / kChunk + 1) * kChunk);
    if (!queued) ready(fail(Errc::overloaded, "too many files are being read"));
  }

 private:
  actors::Files& files_;
  const Reader reader_;
  const std::uint64_t size_;
  std::uint64_t at_;
  const std::uint64_t end_;
};

/// What a browser may show without danger to this site; everything else is saved.
bool is_safe_to_show(std::string_view content_type) {
  constexpr std::string_view kTypes[] = {"image/jpeg", "image/png", "image/gif", "image/webp", "text/plain"};
  return std::find(std::begin(kTypes), std::end(kTypes), content_type) != std::end(kTypes);
}

/// Of a page of a list: where the next one goes on.
std::string cursor_text(const projections::FileRow& row) { return std::to_string(row.uploaded_at) + "-" + row.id; }

std::optional<projections::FileCursor> parse_cursor(std::string_view text) {
  const auto dash = text.find('-');
  const auto time = whole_number(text.substr(0, dash));
  if (dash == text.npos || !time) return std::nullopt;
  return projections::FileCursor{*time, std::string(text.substr(dash + 1))};
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || std::string_view("-._~").find(c) != std::string_view::npos)
      encoded += c;
    else
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return encoded;
}

const Error kNoSuchFile{Errc::not_found, "File not found"};

}  // namespace

Expected<std::shared_ptr<BodySink>> Files::sink(const Call& call) const {
  const auto boundary = boundary_of(call.request.header("Content-Type").value_or(""));
  if (!boundary) return tl::unexpected(boundary.error());
  return std::make_shared<Upload>(
      context_, *boundary, call.caller.account,
      [surface = &surface_, id = call.request.id](const Error& error) { return surface->error(error, id); });
}

void Files::upload(const CallPtr& call) {
  const auto upload = std::dynamic_pointer_cast<Upload>(call->request.body_sink);
  if (!upload) return call->refuse({Errc::invalid, "file is required", "file"});
  auto form = upload->finish();
  if (!form) return call->refuse(form.error());
  const auto id = form->file->id();
  files().keep(std::move(form->file), std::move(form->said), call->cause(),
               context_.services.then(call, [this, call, id](const storage::Record&) {
                 const auto row = files().queries().file(id);
                 const auto json = row ? view(*row, call->request) : std::nullopt;
                 if (!json) return call->refuse(kNoSuchFile);
                 call->answer(*json);
               }));
}

std::optional<Files::Row> Files::visible(const CallPtr& call, events::AccountId account) const {
  auto row = files().queries().file(call->path_parameter("file_id"));
  if (row && files().may_see(*row, account)) return row;
  call->refuse(kNoSuchFile);
  return std::nullopt;
}

std::optional<Files::Row> Files::visible(const CallPtr& call) const { return visible(call, call->caller.account); }

std::optional<Files::Row> Files::visible_by_link(const CallPtr& call) const {
  const auto caller = surface_.authenticate(call->request, {});
  if (!caller || !caller->may_read) return visible(call, 0);
  call->caller = *caller;
  return visible(call);
}

std::optional<OrderedJson> Files::view(const Row& row, const Request& request) const {
  const auto texts = files().texts(row);
  if (!texts) return std::nullopt;
  const std::string name = safe_file_name(texts->name);
  const auto host = request.header("Host");
  const std::string base = host ? (request.tls ? "https://" : "http://") + std::string(*host) + "/files/" + row.id + "/"
                                : "/files/" + row.id + "/";
  OrderedJson metadata = OrderedJson::object();
  if (row.width > 0) metadata = {{"width", row.width}, {"height", row.height}};
  if (row.pages > 0) metadata["pages"] = row.pages;
  if (!texts->author.empty()) metadata["author"] = texts->author;
  const auto text_or_null = [](bool there, std::string text) {
    return there ? OrderedJson(std::move(text)) : OrderedJson(nullptr);
  };
  return OrderedJson{{"id", row.id},
                     {"filename", name},
                     {"original_filename", texts->name},
                     {"size", row.size},
                     {"content_type", row.content_type},
                     {"url", base + percent_encoded(name)},
                     {"thumbnail_url", text_or_null(row.has_thumbnail, base + "thumbnail.jpg")},
                     {"channel_id", text_or_null(row.session != 0, id_text(kChannel, row.session))},
                     {"uploaded_by", id_text(kUser, row.uploader)},
                     {"uploaded_at", iso8601(row.uploaded_at)},
                     {"description", text_or_null(!texts->description.empty(), texts->description)},
                     {"is_public", row.is_public},
                     {"virus_scan_status", row.scan},
                     {"metadata", metadata}};
}

void Files::list(const CallPtr& call) {
  const auto channel = joined_channel(context_, call->caller, call->path_parameter("channel_id"));
  if (!channel) return call->refuse(channel.error());
  std::optional<projections::FileCursor> before;
  if (const auto cursor = call->query_text("before")) {
    before = parse_cursor(*cursor);
    if (!before) return call->refuse({Errc::invalid, "before must be a cursor of this list", "before"});
  }
  const auto limit = static_cast<std::size_t>(call->query_integer("limit"));
  // One more than is shown says whether there are more.
  const auto rows = files().queries().files_of_session(channel->id, before, limit + 1);
  const std::size_t shown = std::min(rows.size(), limit);
  OrderedJson views = OrderedJson::array();
  for (std::size_t i = 0; i < shown; ++i)
    if (auto json = view(rows[i], call->request)) views.push_back(std::move(*json));
  const bool more = rows.size() > limit;
  call->answer({{"files", views},
                {"pagination",
                 {{"has_more", more}, {"next_cursor", more ? OrderedJson(cursor_text(rows[shown - 1])) : nullptr}}}});
}

void Files::show(const CallPtr& call) {
  const auto row = visible(call);
  if (!row) return;
  const auto json = view(*row, call->request);
  json ? call->answer(*json) : call->refuse(kNoSuchFile);
}

void Files::remove(const CallPtr& call) {
  const auto row = visible(call);
  if (!row) return;
  const auto& caller = call->caller;
  files().remove(row->id, {caller.account, moderates(caller)}, call->cause(),
                 context_.services.then(call, [call, id = row->id](const storage::Record&) {
                   call->answer({{"message", "File deleted"}, {"id", id}});
                 }));
}

void Files::download(const CallPtr& call) {
  if (const auto row = visible(call)) send(call, *row, What::content, "attachment");
}

void Files::thumbnail(const CallPtr& call) {
  if (const auto row = visible(call)) send(call, *row, What::thumbnail, "inline");
}

void Files::open_link(const CallPtr& call) {
  if (const auto row = visible_by_link(call))
    send(call, *row, What::content, is_safe_to_show(row->content_type) ? "inline" : "attachment");
}

void Files::open_thumbnail_link(const CallPtr& call) {
  if (const auto row = visible_by_link(call)) send(call, *row, What::thumbnail, "inline");
}

void Files::send(const CallPtr& call, const Row& row, What what, std::string_view disposition) {
  const bool is_thumbnail = what == What::thumbnail;
  if (is_thumbnail && !row.has_thumbnail) return call->refuse({Errc::not_found, "This file has no thumbnail"});
  const auto texts = files().texts(row);
  if (!texts) return call->refuse(kNoSuchFile);
  const std::string etag = "\"" + row.id + (is_thumbnail ? "-thumbnail\"" : "\"");
  Response response = ranged_response(is_thumbnail ? "image/jpeg" : row.content_type, etag);
  // What people upload is not this site's own: it is neither guessed at nor run. Content of one id never changes.
  for (auto& header :
       Headers{{"Cache-Control", row.is_public ? "public, max-age=3600" : "private, no-cache"},
               {"X-Content-Type-Options", "nosniff"},
               {"Content-Security-Policy", "default-src 'none'; sandbox"},
               {"Content-Disposition",
                content_disposition(disposition, is_thumbnail ? "thumbnail.jpg" : safe_file_name(texts->name))}})
    response.headers.push_back(header);
  if (answered_not_modified(call, response, etag)) return;
  auto respond = context_.services.then_with<Reader>(
      call,
      [this, call, etag, response](Reader reader) mutable {
        answer_range(call, std::move(response), etag, reader->size(), [this, reader](ByteRange range) {
          return std::make_shared<ContentSource>(files(), reader, range);
        });
      },
      [call](const Error& error) { call->refuse(error.code == Errc::not_found ? kNoSuchFile : error); });
  const bool queued = files().read_elsewhere(
      [this, row, is_thumbnail, respond] { respond(is_thumbnail ? files().thumbnail(row) : files().content(row)); });
  if (!queued) call->refuse({Errc::overloaded, "Too many files are being read"});
}

}  // namespace troupe::http::plexichat
