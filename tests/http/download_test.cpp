// Names, ranges and validators of what is downloaded.
#include "http/download.hpp"

#include <gtest/gtest.h>

#include "events/defaults.hpp"

namespace troupe::http {
namespace {

TEST(SafeFileName, HasNoPathAndNothingThatAFolderOrHeaderMinds) {
  EXPECT_EQ(safe_file_name("document.pdf"), "document.pdf");
  EXPECT_EQ(safe_file_name("../../etc/passwd"), "passwd");
  EXPECT_EQ(safe_file_name(R"(C:\dir\report.txt)"), "report.txt");
  EXPECT_EQ(safe_file_name("a<b>c:d\"e|f?g*h.txt"), "abcdefgh.txt");
  EXPECT_EQ(safe_file_name(std::string("a\r\nb\0c\x7f.txt", 11)), "abc.txt");
  EXPECT_EQ(safe_file_name(" ..hidden.. "), "hidden");
  EXPECT_EQ(safe_file_name("\u00fcber \u6587.txt"), "\u00fcber \u6587.txt");
  for (const char* nothing : {"", ".", "..", "/", "???", " "}) EXPECT_EQ(safe_file_name(nothing), "file") << nothing;
}

TEST(SafeFileName, IsCutAtTheEndOfACharacter) {
  std::string longest;
  for (int i = 0; i < 200; ++i) longest += "\u00fc";
  const std::string cut = safe_file_name(longest);
  EXPECT_EQ(cut, longest.substr(0, defaults::kMaxFileNameLength - 1));
}

TEST(ContentDisposition, NamesTheFileForOldAndNewClients) {
  EXPECT_EQ(content_disposition("attachment", "a b.pdf"), "attachment; filename=\"a b.pdf\"");
  EXPECT_EQ(content_disposition("inline", "\u00fc100%.txt"),
            "inline; filename=\"_100_.txt\"; filename*=UTF-8''%C3%BC100%25.txt");
}

TEST(Range, IsOnePartOfTheFile) {
  const auto expect = [](std::string_view header, std::uint64_t first, std::uint64_t last) {
    const auto [status, range] = range_of(header, 1000);
    EXPECT_EQ(status, 206) << header;
    ASSERT_TRUE(range) << header;
    EXPECT_EQ(range->first, first) << header;
    EXPECT_EQ(range->last, last) << header;
  };
  expect("bytes=0-0", 0, 0);
  expect("bytes=0-99", 0, 99);
  expect("bytes=500-", 500, 999);
  expect("bytes=990-2000", 990, 999);
  expect("bytes=-1", 999, 999);
  expect("bytes=-5000", 0, 999);
  expect("Bytes= 1 - 2 ", 1, 2);
}

TEST(Range, ThatIsNotInTheFileIsNotSatisfied) {
  for (const char* header : {"bytes=1000-", "bytes=1000-2000", "bytes=-0"})
    EXPECT_EQ(range_of(header, 1000).status, 416) << header;
  EXPECT_EQ(range_of("bytes=0-", 0).status, 416);
}

TEST(Range, ThatIsNoneOrManyGetsTheWholeFile) {
  for (const char* header : {"", "bytes=", "bytes=-", "bytes=a-b", "bytes=2-1", "bytes=0-1,5-6", "lines=0-1",
                             "bytes 0-1", "bytes=0-99999999999999999999999", "bytes=--1"})
    EXPECT_EQ(range_of(header, 1000).status, 200) << header;
}

Request with(std::initializer_list<std::pair<std::string_view, std::string_view>> headers) {
  Request request;
  request.headers = headers;
  return request;
}

TEST(Range, HoldsOnlyForTheVersionThatTheClientHas) {
  EXPECT_EQ(range_of(with({{"Range", "bytes=0-1"}, {"If-Range", "\"v1\""}}), "\"v1\"", 10).status, 206);
  EXPECT_EQ(range_of(with({{"Range", "bytes=0-1"}, {"If-Range", "\"v2\""}}), "\"v1\"", 10).status, 200);
  EXPECT_EQ(range_of(with({{"Range", "bytes=0-1"}, {"If-Range", "W/\"v1\""}}), "\"v1\"", 10).status, 200);
  EXPECT_EQ(range_of(with({}), "\"v1\"", 10).status, 200);
}

TEST(NotModified, IsWhatTheClientHasAlready) {
  EXPECT_TRUE(is_not_modified(with({{"If-None-Match", "\"v0\", W/\"v1\""}}), "\"v1\""));
  EXPECT_TRUE(is_not_modified(with({{"If-None-Match", "*"}}), "\"v1\""));
  EXPECT_FALSE(is_not_modified(with({{"If-None-Match", "\"v2\""}}), "\"v1\""));
  EXPECT_FALSE(is_not_modified(with({}), "\"v1\""));
}

}  // namespace
}  // namespace troupe::http
