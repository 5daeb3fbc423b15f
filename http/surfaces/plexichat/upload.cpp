#include "http/surfaces/plexichat/upload.hpp"

#include "actors/rules.hpp"
#include "http/surfaces/plexichat/channels.hpp"

namespace troupe::http::plexichat {

void Upload::write(std::string piece, std::function<void(std::optional<Response>)> taken) {
  const bool queued = files().write_elsewhere([me = shared_from_this(), piece = std::move(piece), taken] {
    const auto fed = me->parser_.feed(piece);
    taken(fed ? std::nullopt : std::optional(me->wording_(fed.error())));
  });
  if (!queued) taken(wording_({Errc::overloaded, "Too many uploads are on their way"}));
}

Expected<Upload::Form> Upload::finish() {
  if (auto ok = parser_.finish(); !ok) return tl::unexpected(ok.error());
  if (!file_) return fail(Errc::invalid, "file is required", "file");
  said_.name = filename_.empty() ? sent_filename_ : filename_;
  if (!actors::is_utf8(said_.name)) return fail(Errc::invalid, "A file's name must be UTF-8 text", "file");
  return Form{std::move(file_), std::move(said_)};
}

Expected<void> Upload::part_began(PartHead head) {
  name_ = std::move(head.name);
  value_.clear();
  field_ = name_ == "file"          ? Field::file
           : name_ == "channel_id"  ? Field::channel_id
           : name_ == "description" ? Field::description
           : name_ == "is_public"   ? Field::is_public
           : name_ == "filename"    ? Field::filename
                                    : Field::other;
  if (field_ != Field::file) return {};
  if (!head.filename) return fail(Errc::invalid, "file must be a file, with a filename", "file");
  if (file_) return fail(Errc::invalid, "One file at a time", "file");
  sent_filename_ = std::move(*head.filename);
  auto file = files().begin(uploader_);
  if (!file) return tl::unexpected(file.error());
  file_ = std::move(*file);
  return {};
}

Expected<void> Upload::part_data(std::string_view bytes) {
  if (field_ == Field::file) {
    if (file_->size() + bytes.size() > defaults::kMaxFileBytes)
      return fail(Errc::too_large, "A file has at most " + std::to_string(defaults::kMaxFileBytes >> 20) + " MiB",
                  "file");
    return file_->write(bytes);
  }
  if (value_.size() + bytes.size() > defaults::kMaxFormFieldBytes)
    return fail(Errc::too_large,
                name_ + " must have at most " + std::to_string(defaults::kMaxFormFieldBytes) + " bytes", name_);
  value_ += bytes;
  return {};
}

Expected<void> Upload::part_ended() {
  if (field_ == Field::file || field_ == Field::other) return {};
  if (!actors::is_utf8(value_)) return fail(Errc::invalid, name_ + " must be UTF-8 text", name_);
  const std::string value(trimmed(value_));
  switch (field_) {
    case Field::channel_id: {
      if (value.empty()) return {};
      const auto channel = open_channel(context_, value);
      if (!channel) return fail(Errc::invalid, "There is no such channel", name_);
      said_.session = channel->id;
      return {};
    }
    case Field::description: said_.description = value; return {};
    case Field::filename: filename_ = value; return {};
    case Field::is_public:
      if (value != "true" && value != "false" && value != "1" && value != "0")
        return fail(Errc::invalid, "is_public must be true or false", name_);
      said_.is_public = value == "true" || value == "1";
      return {};
    default: return {};
  }
}

}  // namespace troupe::http::plexichat
