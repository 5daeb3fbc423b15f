// Forms as they come from browsers, from curl, and from those who mean harm.
#include "http/multipart.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "events/defaults.hpp"

namespace troupe::http {
namespace {

struct Part {
  std::string name;
  std::optional<std::string> filename;
  std::string data;
  bool ended = false;
};

struct Collected final : MultipartParser::Listener {
  std::vector<Part> parts;
  Expected<void> part_began(PartHead head) override {
    parts.push_back({head.name, head.filename, {}, false});
    return {};
  }
  Expected<void> part_data(std::string_view bytes) override {
    parts.back().data += bytes;
    return {};
  }
  Expected<void> part_ended() override {
    parts.back().ended = true;
    return {};
  }
};

/// The parts of a form that comes in pieces of this size; fails when one is refused.
Expected<std::vector<Part>> parse(std::string_view form, std::size_t piece = std::string::npos) {
  Collected collected;
  MultipartParser parser("XyZ", collected);
  while (!form.empty()) {
    if (auto ok = parser.feed(form.substr(0, piece)); !ok) return tl::unexpected(ok.error());
    form.remove_prefix(std::min(piece, form.size()));
  }
  if (auto ok = parser.finish(); !ok) return tl::unexpected(ok.error());
  return collected.parts;
}

std::string part(std::string_view disposition, std::string_view data) {
  return "--XyZ\r\nContent-Disposition: form-data; " + std::string(disposition) + "\r\n\r\n" + std::string(data) +
         "\r\n";
}
const std::string kEnd = "--XyZ--\r\n";

void expect_refused(std::string_view form, Errc code = Errc::invalid) {
  for (const std::size_t piece : {std::string::npos, std::size_t{1}}) {
    const auto parts = parse(form, piece);
    ASSERT_FALSE(parts) << form.substr(0, 80);
    EXPECT_EQ(parts.error().code, code) << parts.error().message;
  }
}

TEST(Multipart, GivesTheSamePartsHoweverTheBytesAreCut) {
  const std::string binary = std::string("\0\xff\r\n--Xy\r\n\r\n--", 13) + std::string(300, '\r') + "\n";
  const std::string form = "preamble\r\n" + part("name=\"channel_id\"", "channel_1") +
                           part("name=\"file\"; filename=\"a b.txt\"", binary) + part("name=empty", "") + kEnd +
                           "epilogue --XyZ\r\n";
  for (std::size_t piece = 1; piece <= form.size(); ++piece) {
    const auto parts = parse(form, piece);
    ASSERT_TRUE(parts) << piece << ": " << parts.error().message;
    ASSERT_EQ(parts->size(), 3u);
    EXPECT_EQ((*parts)[0].data, "channel_1");
    EXPECT_FALSE((*parts)[0].filename);
    EXPECT_EQ((*parts)[1].data, binary);
    EXPECT_EQ((*parts)[1].filename, "a b.txt");
    EXPECT_EQ((*parts)[2].name, "empty");
    EXPECT_EQ((*parts)[2].data, "");
    EXPECT_TRUE((*parts)[2].ended);
  }
}

TEST(Multipart, RefusesAFormThatIsBrokenOrCutOff) {
  expect_refused("");
  expect_refused("no boundary at all");
  expect_refused("--Other\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n--Other--\r\n");
  expect_refused(part("name=a", "x"));
  expect_refused("--XyZ\r\nContent-Disposition: form-data; name=a");
  expect_refused("--XyZ\r\n\r\nno headers\r\n" + kEnd);
  expect_refused("--XyZ\r\nContent-Type: text/plain\r\n\r\nx\r\n" + kEnd);
  expect_refused("--XyZ\r\nContent-Disposition form-data\r\n\r\nx\r\n" + kEnd);
  expect_refused("--XyZ\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n" + kEnd);
  expect_refused(part("filename=\"nameless.txt\"", "x") + kEnd);
  expect_refused(part("name=\"never closed", "x") + kEnd);
  expect_refused("--XyZoo\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n" + kEnd);
  expect_refused("--XyZ" + std::string(100, ' ') + "\r\n" + kEnd);
}

TEST(Multipart, LimitsPartsAndTheirHeaders) {
  std::string many;
  for (std::size_t i = 0; i < defaults::kMaxFormParts; ++i) many += part("name=a", "x");
  ASSERT_TRUE(parse(many + kEnd));
  expect_refused(many + part("name=a", "x") + kEnd, Errc::too_large);
  const auto with_header_of = [](std::size_t bytes) {
    return "--XyZ\r\nX: " + std::string(bytes, 'h') + "\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n" + kEnd;
  };
  EXPECT_TRUE(parse(with_header_of(defaults::kMaxPartHeadBytes - 100)));
  expect_refused(with_header_of(defaults::kMaxPartHeadBytes), Errc::too_large);
  expect_refused("--XyZ\r\n" + std::string(10 * defaults::kMaxPartHeadBytes, 'h'), Errc::too_large);
}

TEST(Multipart, ReadsFileNamesAsClientsWriteThem) {
  const auto name = [](std::string_view disposition) {
    const auto head =
        parse_part_head("Content-Type: a/b\r\ncontent-disposition: form-data; " + std::string(disposition));
    return head ? head->filename.value_or("(none)") : head.error().message;
  };
  EXPECT_EQ(name("name=a; filename=plain.txt"), "plain.txt");
  EXPECT_EQ(name("name=a; filename=\"all %22 of it%20.txt\""), "all \" of it%20.txt") << "as browsers and curl write it";
  EXPECT_EQ(name("name=\"a\"; filename=\"with; semicolon.txt\""), "with; semicolon.txt");
  EXPECT_EQ(name(R"(name="a"; filename="a \"quote\" and \\.txt")"), R"(a "quote" and \.txt)");
  EXPECT_EQ(name(R"(name="a"; filename="C:\dir\file.txt")"), R"(C:\dir\file.txt)");
  EXPECT_EQ(name("name=\"a\"; filename=\"\u00fcber \u6587.txt\""), "\u00fcber \u6587.txt");
  EXPECT_EQ(name("name=\"a\"; filename=\"../../etc/passwd\""), "../../etc/passwd");
  EXPECT_EQ(name("name=\"a\"; filename=\"\""), "");
  EXPECT_EQ(name("name=\"a\""), "(none)");
  EXPECT_EQ(name("name=\"a\"; filename=\"fallback\"; filename*=UTF-8''%C3%BCber.txt"), "\u00fcber.txt");
  EXPECT_EQ(name("name=\"a\"; filename*=utf-8'de'%C3%BCber.txt"), "\u00fcber.txt");
  EXPECT_EQ(name("name=\"a\"; filename=\"fallback\"; filename*=UTF-8''%FF%FE"), "fallback");
  EXPECT_EQ(name("name=\"a\"; filename=\"fallback\"; filename*=UTF-8''%00"), "fallback");
  EXPECT_EQ(name("name=\"a\"; filename=\"fallback\"; filename*=ISO-8859-1''%FC"), "fallback");
}

TEST(Multipart, FindsTheBoundaryInAContentType) {
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=XyZ").value_or(""), "XyZ");
  EXPECT_EQ(boundary_of("Multipart/Form-Data; charset=utf-8; Boundary=\"a b:c\"").value_or(""), "a b:c");
  EXPECT_EQ(boundary_of("multipart/form-data;boundary=" + std::string(70, 'b')).value_or("").size(), 70u);
  for (const std::string& bad :
       {std::string(""), std::string("application/json"), std::string("multipart/mixed; boundary=a"),
        std::string("multipart/form-data"), std::string("multipart/form-data; boundary="),
        std::string("multipart/form-data; boundary=\"ends with space \""),
        std::string("multipart/form-data; boundary=\"open"), "multipart/form-data; boundary=" + std::string(71, 'b')})
    EXPECT_FALSE(boundary_of(bad)) << bad;
}

}  // namespace
}  // namespace troupe::http
