#include "http/file_source.hpp"

#include "events/defaults.hpp"

namespace troupe::http {

Expected<std::shared_ptr<FileSource>> FileSource::open(const std::filesystem::path& path, actors::Elsewhere elsewhere) {
  auto file = storage::File::open(path);
  if (!file) return tl::unexpected(file.error());
  const auto size = file->size();
  if (!size) return tl::unexpected(size.error());
  return std::make_shared<FileSource>(std::move(*file), *size, std::move(elsewhere));
}

Expected<void> FileSource::narrow_to(ByteRange range) {
  if (auto ok = file_.seek(range.first); !ok) return ok;
  size_ = left_ = range.size();
  return {};
}

void FileSource::next(std::function<void(Expected<std::string>)> ready) {
  const bool taken = elsewhere_([self = shared_from_this(), ready] { ready(self->read()); });
  if (!taken) ready(fail(Errc::overloaded, "too many reads wait"));
}

Expected<std::string> FileSource::read() {
  std::string piece(std::min<std::uint64_t>(left_, defaults::kBodyPieceBytes), '\0');
  const auto got = file_.read(piece.data(), piece.size());
  if (!got) return tl::unexpected(got.error());
  if (*got < piece.size()) return fail(Errc::storage_failed, "a file became shorter while it was sent");
  left_ -= *got;
  return piece;
}

}  // namespace troupe::http
