// What is found out about a file, also about one that means harm.
#include "actors/files/inspection.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "tests/storage/temp_folder.hpp"

namespace troupe::actors {
namespace {

using namespace std::chrono_literals;

Inspection look_at(std::string_view content, bool whole = true) { return inspect({TROUPE_INSPECTOR}, content, whole); }

/// A Windows bitmap of 24 bits a pixel; the header may say that it is larger than it is.
std::string bitmap(std::uint32_t width, std::uint32_t height, std::size_t pixel_bytes) {
  std::string bmp = "BM";
  const auto put32 = [&](std::uint32_t value) {
    for (int i = 0; i < 4; ++i) bmp += static_cast<char>(value >> (8 * i));
  };
  put32(static_cast<std::uint32_t>(54 + pixel_bytes));
  put32(0);
  put32(54);
  put32(40);
  put32(width);
  put32(height);
  put32(1 | 24u << 16);
  put32(0);
  put32(static_cast<std::uint32_t>(pixel_bytes));
  put32(2835);
  put32(2835);
  put32(0);
  put32(0);
  return bmp + std::string(pixel_bytes, '\x7f');
}

/// With a correct table of where its objects are.
std::string pdf(int pages, const std::string& author) {
  std::string text = "%PDF-1.4\n";
  std::vector<std::size_t> offsets;
  for (const std::string& object :
       {std::string("<</Type/Catalog/Pages 2 0 R>>"), "<</Type/Pages/Kids[]/Count " + std::to_string(pages) + ">>",
        "<</Author(" + author + ")>>"}) {
    offsets.push_back(text.size());
    text += std::to_string(offsets.size()) + " 0 obj" + object + "endobj\n";
  }
  const auto table = text.size();
  text += "xref\n0 4\n0000000000 65535 f \n";
  for (const auto offset : offsets) {
    const auto digits = std::to_string(offset);
    text += std::string(10 - digits.size(), '0') + digits + " 00000 n \n";
  }
  return text + "trailer<</Size 4/Root 1 0 R/Info 3 0 R>>\nstartxref\n" + std::to_string(table) + "\n%%EOF\n";
}

TEST(Inspection, TellsTheTypeByTheContent) {
  EXPECT_EQ(look_at("plain words\n").content_type, "text/plain");
  EXPECT_EQ(look_at("<!DOCTYPE html><html><body>hi</body></html>").content_type, "text/html");
  EXPECT_EQ(look_at(std::string("\0\1\2\3\xfe\xff", 6)).content_type, "application/octet-stream");
  EXPECT_EQ(look_at(pdf(1, "a"), false).content_type, "application/pdf");
}

TEST(Inspection, MakesAThumbnailOfAnImage) {
  const auto found = look_at(bitmap(640, 320, 640 * 320 * 3));
  EXPECT_EQ(found.width, 640);
  EXPECT_EQ(found.height, 320);
  ASSERT_TRUE(found.thumbnail.starts_with("\xff\xd8\xff"));
  const auto thumbnail = look_at(found.thumbnail);
  EXPECT_EQ(thumbnail.content_type, "image/jpeg");
  EXPECT_EQ(thumbnail.width, static_cast<std::int64_t>(defaults::kThumbnailPixels));
  EXPECT_EQ(thumbnail.height, static_cast<std::int64_t>(defaults::kThumbnailPixels) / 2);
  EXPECT_EQ(look_at(look_at(bitmap(10, 5, 32 * 5)).thumbnail).width, 10) << "small images stay as they are";
  EXPECT_EQ(look_at(bitmap(640, 320, 640 * 320 * 3), false).thumbnail, "") << "only the beginning is no image";
}

TEST(Inspection, DoesNotDecodeAnImageThatSaysItIsHuge) {
  const auto began = std::chrono::steady_clock::now();
  const auto found = look_at(bitmap(30'000, 30'000, 300));
  EXPECT_EQ(found.thumbnail, "");
  EXPECT_EQ(found.width, 0);
  EXPECT_TRUE(found.content_type.starts_with("image/")) << found.content_type;
  EXPECT_LT(std::chrono::steady_clock::now() - began, defaults::kInspectionTimeout);
}

TEST(Inspection, ReadsPagesAndAuthorOfAPdf) {
  const auto found = look_at(pdf(10, "John Doe"));
  EXPECT_EQ(found.content_type, "application/pdf");
  EXPECT_EQ(found.pages, 10);
  EXPECT_EQ(found.author, "John Doe");
  EXPECT_EQ(look_at(pdf(-3, "a")).pages, 0);
  EXPECT_EQ(look_at(pdf(2'000'000, "a")).pages, 0);
  EXPECT_EQ(look_at(pdf(1, std::string(1000, 'n'))).author.size(), defaults::kMaxPdfAuthorLength);
  const auto broken = look_at(pdf(10, "John Doe").substr(0, 60));
  EXPECT_EQ(broken.content_type, "application/pdf");
  EXPECT_EQ(broken.pages, 0);
}

TEST(Inspection, KnowsNothingWithoutAProgram) {
  EXPECT_EQ(inspect({""}, "words", true).content_type, "application/octet-stream");
  EXPECT_EQ(inspect({"/no/such/program"}, "words", true).content_type, "application/octet-stream");
  EXPECT_EQ(inspect({"/bin/false"}, "words", true).content_type, "application/octet-stream");
}

/// A program that stands in for the real one.
class BadInspector : public ::testing::Test {
 protected:
  Inspection run(const std::string& script) {
    const auto program = folder_.path() / "inspector";
    std::ofstream(program) << "#!/bin/sh\n" << script << '\n';
    ::chmod(program.c_str(), 0700);
    return inspect({program.string(), 300ms}, "words", true);
  }
  static constexpr const char* kSays = R"(echo '{"content_type":"image/png"}'; )";
  storage::test::TempFolder folder_;
};

TEST_F(BadInspector, LeavesWhatItHadSaidWhenItHangsCrashesOrTalksTooMuch) {
  for (const char* end : {"exec sleep 60", "kill -SEGV $$", "exit 3", "exec cat /dev/zero"}) {
    EXPECT_EQ(run(std::string(kSays) + end).content_type, "image/png") << end;
    EXPECT_EQ(run(end).content_type, "application/octet-stream") << end;
  }
  EXPECT_EQ(run("echo nonsense").content_type, "application/octet-stream");
}

TEST_F(BadInspector, HasNoneOfOurFilesAndNoneOfOurEnvironment) {
  ::setenv("TROUPE_KEY_OF_THIS_TEST", "secret", 1);
  const auto found = run(R"(echo "{\"content_type\":\"$(ls /proc/self/fd | wc -l)/$TROUPE_KEY_OF_THIS_TEST\"}")");
  // The three standard ones, and what ls itself opens.
  EXPECT_EQ(found.content_type, "4/");
}

}  // namespace
}  // namespace troupe::actors
