// The body of a response from a plain file, read piece by piece while it is sent.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "actors/ask.hpp"
#include "http/download.hpp"
#include "http/message.hpp"
#include "storage/file.hpp"

namespace troupe::http {

class FileSource final : public BodySource, public std::enable_shared_from_this<FileSource> {
 public:
  /// The file is opened here: what is removed later is still sent whole. Reads go `elsewhere`; where too much waits, the
  /// response is cut off. Errors: not_found, storage_failed.
  static Expected<std::shared_ptr<FileSource>> open(const std::filesystem::path& file, actors::Elsewhere elsewhere);
  FileSource(storage::File file, std::uint64_t size, actors::Elsewhere elsewhere)
      : file_(std::move(file)), size_(size), left_(size), elsewhere_(std::move(elsewhere)) {}

  /// Only these bytes of it. Before the first read. Errors: storage_failed.
  Expected<void> narrow_to(ByteRange range);

  std::uint64_t size() const override { return size_; }
  void next(std::function<void(Expected<std::string>)> ready) override;

 private:
  Expected<std::string> read();

  storage::File file_;
  std::uint64_t size_;
  std::uint64_t left_;
  const actors::Elsewhere elsewhere_;
};

}  // namespace troupe::http
