// `troupe-inspect`: says what the file on its standard input is (actors/files/inspection.hpp). It reads what anyone
// uploads with libraries that are large, so it first gives up all that it does not need. `--beginning`: the input is only
// the first part of the file.
#include <magic.h>
#include <magick/api.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <iostream>
#include <qpdf/QPDF.hh>
#include <string>

#include "actors/files/inspection.hpp"

namespace {

using troupe::actors::Inspection;
namespace defaults = troupe::defaults;

void limit(__rlimit_resource resource, rlim_t most) {
  const rlimit limits{most, most};
  ::setrlimit(resource, &limits);
}

void give_up_everything_else() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they map terabytes
  limit(RLIMIT_AS, defaults::kMaxInspectionMemoryBytes);
#endif
  limit(RLIMIT_CPU, std::chrono::seconds(defaults::kInspectionTimeout).count());
  limit(RLIMIT_FSIZE, 0);  // pipes do not count
  limit(RLIMIT_CORE, 0);
}

std::string read_input() {
  std::string content;
  struct stat status {};
  if (::fstat(STDIN_FILENO, &status) == 0) content.resize(static_cast<std::size_t>(status.st_size));
  std::size_t filled = 0;
  while (filled < content.size()) {
    const auto got = ::read(STDIN_FILENO, content.data() + filled, content.size() - filled);
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
  }
  content.resize(filled);
  return content;
}

std::string content_type_of(const std::string& content) {
  std::string type = Inspection{}.content_type;
  magic_t magic = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS);
  if (magic && magic_load(magic, nullptr) == 0)
    if (const char* found = magic_buffer(magic, content.data(), content.size()); found && std::strchr(found, '/'))
      type = found;
  if (magic) magic_close(magic);
  return type;
}

/// The reader of an image of this type; null for what has no thumbnail. Formats that name other files, run programs or
/// draw (SVG, MVG, PostScript) are not among them.
const char* image_format_of(const std::string& content_type) {
  constexpr std::pair<const char*, const char*> kFormats[] = {
      {"image/jpeg", "JPEG"}, {"image/png", "PNG"},      {"image/gif", "GIF"},  {"image/webp", "WEBP"},
      {"image/bmp", "BMP"},   {"image/x-ms-bmp", "BMP"}, {"image/tiff", "TIFF"}};
  for (const auto& [type, format] : kFormats)
    if (content_type == type) return format;
  return nullptr;
}

void limit_images() {
  // The dimensions say no before anything is decoded.
  SetMagickResourceLimit(PixelsResource, static_cast<magick_int64_t>(defaults::kMaxImagePixels));
  SetMagickResourceLimit(MemoryResource, static_cast<magick_int64_t>(defaults::kMaxInspectionMemoryBytes / 2));
  SetMagickResourceLimit(DiskResource, 0);
  SetMagickResourceLimit(MapResource, 0);
  SetMagickResourceLimit(ThreadsResource, 1);
}

/// Within kThumbnailPixels, upright, without what the camera wrote of itself; a JPEG.
std::string thumbnail_of(const Image* image, ImageInfo* info, ExceptionInfo* problem) {
  const auto longest = std::max(image->columns, image->rows);
  const auto scaled = [&](unsigned long side) {
    return std::max(1UL, longest <= defaults::kThumbnailPixels ? side : side * defaults::kThumbnailPixels / longest);
  };
  Image* small = ThumbnailImage(image, scaled(image->columns), scaled(image->rows), problem);
  if (!small) return {};
  if (Image* upright = AutoOrientImage(small, image->orientation, problem)) {
    DestroyImage(small);
    small = upright;
  }
  StripImage(small);
  std::strcpy(small->magick, "JPEG");
  info->quality = 85;
  std::size_t size = 0;
  void* bytes = ImageToBlob(info, small, &size, problem);
  std::string jpeg = bytes ? std::string(static_cast<const char*>(bytes), size) : std::string();
  MagickFree(bytes);
  DestroyImage(small);
  return jpeg;
}

void inspect_image(const std::string& content, const char* format, Inspection& found) {
  InitializeMagick(nullptr);
  limit_images();
  ExceptionInfo problem;
  GetExceptionInfo(&problem);
  ImageInfo* info = CloneImageInfo(nullptr);
  // The first frame only. With its name the format is certain, whatever the content claims to be.
  std::strcpy(info->magick, format);
  std::snprintf(info->filename, sizeof info->filename, "%s:[0]", format);
  info->subimage = 0;
  info->subrange = 1;
  if (Image* header = PingBlob(info, content.data(), content.size(), &problem)) {
    const bool fits = header->columns * header->rows <= defaults::kMaxImagePixels;
    if (fits) {
      found.width = static_cast<std::int64_t>(header->columns);
      found.height = static_cast<std::int64_t>(header->rows);
    }
    DestroyImageList(header);
    // A JPEG is decoded no larger than it is needed.
    const std::string wanted = std::to_string(2 * defaults::kThumbnailPixels);
    info->size = AcquireString((wanted + "x" + wanted).c_str());
    if (Image* image = fits ? BlobToImage(info, content.data(), content.size(), &problem) : nullptr) {
      found.thumbnail = thumbnail_of(image, info, &problem);
      DestroyImageList(image);
    }
  }
  DestroyImageInfo(info);
  DestroyExceptionInfo(&problem);
}

/// The first characters of it, on one line.
std::string short_line(const std::string& utf8) {
  std::string line;
  std::size_t characters = 0;
  for (const char c : utf8) {
    if ((c & 0xC0) != 0x80 && ++characters > defaults::kMaxPdfAuthorLength) break;
    line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  return line;
}

/// The number that the document says it has: to count pages would mean to read them all.
void inspect_pdf(const std::string& content, Inspection& found) {
  QPDF pdf;
  pdf.setSuppressWarnings(true);
  pdf.setAttemptRecovery(false);
  pdf.processMemoryFile("upload", content.data(), content.size());
  auto count = pdf.getRoot().getKey("/Pages").getKey("/Count");
  if (count.isInteger() && count.getIntValue() > 0 && count.getIntValue() <= defaults::kMaxPdfPages)
    found.pages = count.getIntValue();
  auto information = pdf.getTrailer().getKey("/Info");
  if (!information.isDictionary()) return;
  auto author = information.getKey("/Author");
  if (author.isString()) found.author = short_line(author.getUTF8Value());
}

}  // namespace

int main(int arguments, char** argument) {
  give_up_everything_else();
  const bool whole = arguments < 2 || std::strcmp(argument[1], "--beginning") != 0;
  const std::string content = read_input();
  Inspection found;
  found.content_type = content_type_of(content);
  // Said at once: what goes wrong from here on costs the rest, not the type.
  const auto say = [&] { return troupe::json_text(troupe::Json(found)); };
  std::cout << say() << '\n' << std::flush;
  if (!whole) return 0;
  if (const char* format = image_format_of(found.content_type)) inspect_image(content, format, found);
  if (found.content_type == "application/pdf") {
    try {
      inspect_pdf(content, found);
    } catch (const std::exception&) {  // a damaged document; its type is known
    }
  }
  std::cout << say() << '\n' << found.thumbnail << std::flush;
  return std::cout ? 0 : 1;
}
