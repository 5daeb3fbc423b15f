// The form of an upload on its way to the disk: the file and what is said of it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/files.hpp"
#include "http/message.hpp"
#include "http/multipart.hpp"
#include "http/surfaces/plexichat/context.hpp"

namespace troupe::http::plexichat {

/// Pieces are parsed, sealed and written on the files' own thread. One upload, one thread at a time.
class Upload final : public BodySink, public std::enable_shared_from_this<Upload>, private MultipartParser::Listener {
 public:
  /// How an error reads, called on any thread.
  using Wording = std::function<Response(const Error&)>;

  Upload(const Context& context, std::string_view boundary, events::AccountId uploader, Wording wording)
      : context_(context), parser_(boundary, *this), uploader_(uploader), wording_(std::move(wording)) {}

  void write(std::string piece, std::function<void(std::optional<Response>)> taken) override;

  /// After the last piece: what came of the form. Errors: invalid (it is cut off, without a file, or a field is bad).
  struct Form {
    std::shared_ptr<actors::IncomingFile> file;
    actors::NewFile said;
  };
  Expected<Form> finish();

 private:
  enum class Field : std::uint8_t { file, channel_id, description, is_public, filename, other };

  Expected<void> part_began(PartHead head) override;
  Expected<void> part_data(std::string_view bytes) override;
  Expected<void> part_ended() override;

  actors::Files& files() const { return context_.services.system.files(); }

  const Context& context_;
  MultipartParser parser_;
  const events::AccountId uploader_;
  const Wording wording_;
  std::shared_ptr<actors::IncomingFile> file_;
  Field field_ = Field::other;
  std::string name_;   ///< of the present part
  std::string value_;  ///< of the present part, when it is no file
  std::string filename_, sent_filename_;
  actors::NewFile said_;
};

}  // namespace troupe::http::plexichat
