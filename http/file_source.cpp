#include "http/file_source.hpp"

#include "events/defaults.hpp"
#include "storage/file.hpp"

namespace troupe::http {
namespace {

class FileSource : public BodySource, public std::enable_shared_from_this<FileSource> {
 public:
  FileSource(storage::File file, std::uint64_t size, actors::Elsewhere elsewhere)
      : file_(std::move(file)), size_(size), left_(size), elsewhere_(std::move(elsewhere)) {}

  std::uint64_t size() const override { return size_; }

  void next(std::function<void(Expected<std::string>)> ready) override {
    const bool taken = elsewhere_([self = shared_from_this(), ready] { ready(self->read()); });
    if (!taken) ready(fail(Errc::overloaded, "too many reads wait"));
  }

 private:
  Expected<std::string> read() {
    std::string piece(std::min<std::uint64_t>(left_, defaults::kBodyPieceBytes), '\0');
    const auto got = file_.read(piece.data(), piece.size());
    if (!got) return tl::unexpected(got.error());
    if (*got < piece.size()) return fail(Errc::storage_failed, "a file became shorter while it was sent");
    left_ -= *got;
    return piece;
  }

  storage::File file_;
  const std::uint64_t size_;
  std::uint64_t left_;
  const actors::Elsewhere elsewhere_;
};

}  // namespace

Expected<std::shared_ptr<BodySource>> file_source(const std::filesystem::path& path, actors::Elsewhere elsewhere) {
  auto file = storage::File::open(path);
  if (!file) return tl::unexpected(file.error());
  const auto size = file->size();
  if (!size) return tl::unexpected(size.error());
  return std::make_shared<FileSource>(std::move(*file), *size, std::move(elsewhere));
}

}  // namespace troupe::http
