// Content at rest: any part of it can be read, nothing of it can be altered, and nothing is left without the key.
#include "actors/files/sealed_file.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/storage/temp_folder.hpp"

namespace troupe::actors {
namespace {

constexpr std::size_t kChunk = SealedFileWriter::kChunkBytes;

class SealedFileTest : public ::testing::Test {
 protected:
  SealedFileTest() {
    EXPECT_TRUE(secrets_.personal_keys().make(1));
    EXPECT_TRUE(secrets_.personal_keys().make(2));
  }
  void write(std::string_view content, std::size_t piece = 1000) {
    std::filesystem::remove(file_);
    auto writer = SealedFileWriter::create(file_, secrets_, name_);
    ASSERT_TRUE(writer);
    for (std::size_t at = 0; at < content.size(); at += piece) ASSERT_TRUE((*writer)->write(content.substr(at, piece)));
    ASSERT_TRUE((*writer)->finish());
    EXPECT_EQ((*writer)->size(), content.size());
  }
  Expected<std::string> read_whole(const ContentName& name) const {
    auto reader = SealedFileReader::open(file_, secrets_, name);
    if (!reader) return tl::unexpected(reader.error());
    return (*reader)->read_all(~std::uint64_t{0});
  }
  std::string bytes() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void overwrite(const std::string& bytes) const { std::ofstream(file_, std::ios::binary | std::ios::trunc) << bytes; }

  storage::test::TempFolder folder_;
  Secrets secrets_ = *Secrets::open(folder_.path());
  const std::filesystem::path file_ = folder_.path() / "content";
  const ContentName name_{1, "file_a"};
};

std::string content_of(std::size_t size) {
  std::string content(size, '\0');
  for (std::size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 31 + i / 251);
  return content;
}

TEST_F(SealedFileTest, GivesBackWhatWasWrittenWhateverItsLength) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kChunk - 1, kChunk, kChunk + 1, 3 * kChunk, 3 * kChunk + 7}) {
    const auto content = content_of(size);
    write(content, size % 2 == 0 ? 1000 : 3 * kChunk);
    EXPECT_EQ(read_whole(name_).value_or("(refused)"), content) << size;
  }
}

TEST_F(SealedFileTest, ReadsAnyPartToTheEndOfItsChunk) {
  const auto content = content_of(2 * kChunk + 100);
  write(content);
  const auto reader = *SealedFileReader::open(file_, secrets_, name_);
  EXPECT_EQ(reader->size(), content.size());
  EXPECT_EQ(*reader->read(5, 10), content.substr(5, 10));
  EXPECT_EQ(*reader->read(kChunk - 3, 100), content.substr(kChunk - 3, 3));
  EXPECT_EQ(*reader->read(2 * kChunk + 1, 1000), content.substr(2 * kChunk + 1));
}

TEST_F(SealedFileTest, ShowsNothingOfItsContentOnTheDisk) {
  const std::string secret = "the quick brown fox jumps over the lazy dog";
  write(secret + secret);
  EXPECT_EQ(bytes().find("quick brown"), std::string::npos);
  const std::string first = bytes();
  write(secret + secret);
  EXPECT_NE(bytes(), first) << "the same content is sealed differently each time";
}

TEST_F(SealedFileTest, DoesNotOpenWhenItWasAlteredCutOrReordered) {
  write(content_of(3 * kChunk + 5));
  const std::string good = bytes();
  const std::size_t sealed_chunk = kChunk + 16;
  std::string flipped = good;
  flipped[16 + kChunk / 2] ^= 1;
  std::string other_salt = good;
  other_salt[3] ^= 1;
  const std::string cut_in_a_chunk = good.substr(0, good.size() - 1);
  const std::string cut_between_chunks = good.substr(0, 16 + 3 * sealed_chunk);
  const std::string swapped = good.substr(0, 16) + good.substr(16 + sealed_chunk, sealed_chunk) +
                              good.substr(16, sealed_chunk) + good.substr(16 + 2 * sealed_chunk);
  for (const auto& bad :
       {flipped, other_salt, cut_in_a_chunk, cut_between_chunks, swapped, good.substr(0, 10), std::string()}) {
    overwrite(bad);
    const auto read = read_whole(name_);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::corrupt);
  }
  overwrite(good);
  EXPECT_TRUE(read_whole(name_));
}

TEST_F(SealedFileTest, BelongsToOneFileOfOneAccount) {
  write("content");
  EXPECT_FALSE(read_whole({1, "file_b"}));
  EXPECT_FALSE(read_whole({1, "file_a/thumbnail"}));
  EXPECT_FALSE(read_whole({2, "file_a"}));
}

TEST_F(SealedFileTest, IsGoneWithTheUploadersKey) {
  write("content");
  ASSERT_TRUE(secrets_.personal_keys().forget(1));
  EXPECT_EQ(read_whole(name_).error().code, Errc::not_found);
  EXPECT_EQ(SealedFileWriter::create(folder_.path() / "new", secrets_, name_).error().code, Errc::not_found);
  // Neither does a new key of the same account open it.
  ASSERT_TRUE(secrets_.personal_keys().make(1));
  EXPECT_EQ(read_whole(name_).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace troupe::actors
