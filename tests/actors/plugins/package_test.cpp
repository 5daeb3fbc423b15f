// Packages as they are uploaded: what is taken, and everything that is not.
#include "actors/plugins/package.hpp"

#include <gtest/gtest.h>

#include <random>

#include "events/defaults.hpp"
#include "tests/actors/plugins/zip.hpp"

namespace troupe::actors::plugins {
namespace {

using testing::zip_of;
using testing::zip_of_example;
using testing::ZipEntry;
using Entries = std::vector<ZipEntry>;

void expect_refused(const std::string& zip, Errc code, const std::string& part) {
  const auto package = read_package(zip);
  ASSERT_FALSE(package) << part;
  EXPECT_EQ(package.error().code, code) << package.error().message;
  EXPECT_EQ(package.error().field, "file");
  EXPECT_NE(package.error().message.find(part), std::string::npos) << package.error().message;
}

/// A good package with one entry more.
void expect_refused_with(ZipEntry entry, const std::string& part) {
  expect_refused(zip_of(Entries{{"dice/main.lua", "-- dice"}, std::move(entry)}), Errc::invalid, part);
}

TEST(PluginPackage, IsReadWhole) {
  const auto package = read_package(zip_of(Entries{
      {"dice", "", AE_IFDIR},
      {"dice/main.lua", "-- dice"},
      {"dice/plugin.json", R"({"name":"dice","version":"1.2","description":"Würfel","author":"Ada","more":[1]})"},
      {"dice/config_schema.json", R"({"type":"object","properties":{"sides":{"type":"integer","default":6}}})"},
      {"dice/lib/words.lua", "return {}"}}));
  ASSERT_TRUE(package) << package.error().message;
  EXPECT_EQ(package->name, "dice");
  EXPECT_EQ(package->version, "1.2");
  EXPECT_EQ(package->description, "Würfel");
  EXPECT_EQ(package->author, "Ada");
  EXPECT_EQ(package->schema["properties"]["sides"]["default"], 6);
  EXPECT_EQ(package->files.size(), 4u);
  EXPECT_EQ(package->files.at("lib/words.lua"), "return {}");
}

TEST(PluginPackage, HasTheDigestOfItsFiles) {
  const auto one = read_package(zip_of("dice", "-- a")), same = read_package(zip_of("dice", "-- a")),
             other = read_package(zip_of("dice", "-- b")), renamed = read_package(zip_of("dices", "-- a"));
  EXPECT_EQ(digest_of(*one), digest_of(*same));
  EXPECT_NE(digest_of(*one), digest_of(*other));
  EXPECT_NE(digest_of(*one), digest_of(*renamed));
}

TEST(PluginPackage, TakesEveryExample) {
  for (const char* name : {"dice", "counter", "keywords", "announcer"}) {
    const auto package = read_package(zip_of_example(name));
    ASSERT_TRUE(package) << package.error().message;
    EXPECT_EQ(package->name, name);
    EXPECT_TRUE(package->schema.is_object());
  }
}

TEST(PluginPackage, LeavesWhatAMacAdds) {
  EXPECT_TRUE(read_package(zip_of(Entries{
      {"dice/main.lua", "-- dice"}, {"__MACOSX/dice/._main.lua", std::string("\0\1", 2)}, {"dice/.DS_Store", ""}})));
}

TEST(PluginPackage, HasOnlyPlainPaths) {
  for (const char* path :
       {"dice/../evil.lua", "../evil.lua", "dice/./evil.lua", "/etc/passwd", "dice//evil.lua", "dice/a\\..\\evil.lua",
        "C:/evil.lua", "dice/C:evil.lua", "dice/evil\n.lua", "dice/ evil.lua", "dice/.hidden", "dice/\xc3\xa4.lua",
        "dice/evil.lua\x01", "dice/a/b/c/d/e/f/g/h/i.lua", "..", "dice/..."})
    expect_refused_with({path, "-- evil"}, "is not plain");
  expect_refused_with({"dice/" + std::string(300, 'a'), "-- long"}, "is not plain");
}

TEST(PluginPackage, HasNoLinksAndNoDevices) {
  expect_refused_with({"dice/link", "/etc/passwd", AE_IFLNK}, "is neither file nor folder");
}

TEST(PluginPackage, HasEachFileOnce) {
  expect_refused_with({"dice/main.lua", "-- again"}, "is there twice");
  expect_refused_with({"dice/MAIN.lua", "-- again"}, "is there twice");
}

TEST(PluginPackage, HasOneFolder) {
  expect_refused_with({"other/main.lua", "-- other"}, "one folder");
  expect_refused_with({"main.lua", "-- bare"}, "is in no folder");
  expect_refused(zip_of(Entries{}), Errc::invalid, "");
  expect_refused(zip_of(Entries{{"dice", "", AE_IFDIR}}), Errc::invalid, "no file in the zip");
  expect_refused(zip_of(std::string("di.ce"), "-- dot"), Errc::invalid, "the folder's name");
  expect_refused(zip_of(std::string(65, 'a'), "-- long"), Errc::invalid, "the folder's name");
}

TEST(PluginPackage, IsText) {
  expect_refused_with({"dice/logo.png", "\x89PNG\r\n"}, "is not text in UTF-8");
  expect_refused_with({"dice/zero.lua", std::string("a\0b", 3)}, "is not text in UTF-8");
}

TEST(PluginPackage, IsInLua) {
  expect_refused(zip_of(Entries{{"neko/main.py", "import os"}, {"neko/metadata.yaml", "name: neko"}}), Errc::invalid,
                 "neko/main.py is in Python; plugins here are in Lua");
  expect_refused(zip_of(Entries{{"neko/readme.md", "# Neko"}}), Errc::invalid, "there is no neko/main.lua");
  expect_refused_with({"dice/_conf_schema.json", "{}"}, "config_schema.json");
}

TEST(PluginPackage, DescribesItself) {
  expect_refused_with({"dice/plugin.json", "{"}, "is not JSON");
  expect_refused_with({"dice/plugin.json", "[]"}, "must be a JSON object");
  expect_refused_with({"dice/plugin.json", R"({"version":1})"}, "version must be text");
  expect_refused_with({"dice/plugin.json", R"({"name":"other"})"}, "that of the folder");
  expect_refused_with({"dice/plugin.json", R"({"author":"a\nb"})"}, "author");
  expect_refused_with({"dice/plugin.json", std::string(1000, '[')}, "nested too deeply");
  expect_refused_with({"dice/config_schema.json", R"({"type":"array"})"}, "schema.type must be object");
  expect_refused_with({"dice/config_schema.json", R"({"type":"object","properties":{"a":{"type":"x"}}})"},
                      "schema.a.type");
}

TEST(PluginPackage, IsNotEncrypted) {
  const auto zip = zip_of(Entries{{"dice/main.lua", "-- dice"}}, "zip:encryption=traditional", "secret");
  expect_refused(zip, Errc::invalid, "encrypted");
}

TEST(PluginPackage, IsAZip) {
  expect_refused("", Errc::invalid, "zip");
  expect_refused("PK", Errc::invalid, "zip");
  expect_refused(std::string(1000, 'x'), Errc::invalid, "zip");
  const auto zip = zip_of("dice", "-- dice");
  expect_refused(zip.substr(0, zip.size() / 2), Errc::invalid, "zip");
}

TEST(PluginPackage, IsNotTooLarge) {
  expect_refused(std::string(defaults::kMaxPackageBytes + 1, 'x'), Errc::too_large, "at most");
  Entries many{{"dice/main.lua", "-- dice"}};
  for (std::size_t i = 0; i < defaults::kMaxPackageFiles; ++i) many.push_back({"dice/f" + std::to_string(i), "x"});
  expect_refused(zip_of(many), Errc::too_large, "entries");
}

/// Text that does not pack well.
std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>('0' + random() % 4);
  return text;
}

TEST(PluginPackage, UnpacksToNoMoreThanItMay) {
  expect_refused(zip_of("dice", noise(defaults::kMaxPackageFileBytes + 1)), Errc::too_large, "dice/main.lua has more");
  Entries files{{"dice/main.lua", "-- dice"}};
  for (int i = 0; i < 5; ++i)
    files.push_back({"dice/f" + std::to_string(i), noise(defaults::kMaxPackageFileBytes - 1)});
  expect_refused(zip_of(files), Errc::too_large, "the files have more than");
  expect_refused(zip_of("dice", std::string(defaults::kMaxPackageFileBytes, ' ')), Errc::too_large, "times as large");
}

void expect_plain(const Package& package) {
  std::size_t bytes = 0;
  for (const auto& [path, text] : package.files) {
    EXPECT_LE(path.size(), defaults::kMaxPackagePathBytes);
    EXPECT_EQ(path.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./"), path.npos)
        << path;
    EXPECT_EQ(("/" + path + "/").find("/."), std::string::npos) << path;
    EXPECT_EQ(path.find("//"), path.npos) << path;
    bytes += text.size();
  }
  EXPECT_LE(bytes, defaults::kMaxPackageUnpackedBytes);
  EXPECT_LE(package.files.size(), defaults::kMaxPackageFiles);
}

void put_little(std::string& zip, std::size_t at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes && at + i < zip.size(); ++i) zip[at + i] = static_cast<char>(value >> (8 * i));
}

TEST(PluginPackage, BelievesNoSizeThatLies) {
  // Where the two headers of an entry and the end of the directory have sizes, counts and offsets (APPNOTE.TXT 4.3).
  struct Field {
    const char* signature;
    std::size_t at, bytes;
  };
  constexpr Field kFields[] = {{"PK\3\4", 14, 4}, {"PK\3\4", 18, 4}, {"PK\3\4", 22, 4}, {"PK\3\4", 26, 2},
                               {"PK\3\4", 28, 2}, {"PK\1\2", 16, 4}, {"PK\1\2", 20, 4}, {"PK\1\2", 24, 4},
                               {"PK\1\2", 28, 2}, {"PK\1\2", 30, 2}, {"PK\1\2", 42, 4}, {"PK\5\6", 8, 2},
                               {"PK\5\6", 10, 2}, {"PK\5\6", 12, 4}, {"PK\5\6", 16, 4}, {"PK\5\6", 20, 2}};
  constexpr std::uint64_t kLies[] = {0, 1, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
  const std::string good = zip_of_example("dice");
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string zip = good;
    for (int lie = 0; lie < 3; ++lie) {
      const Field& field = kFields[random() % std::size(kFields)];
      std::size_t at = zip.find(field.signature);
      for (std::size_t skip = random() % 3; skip > 0 && at != zip.npos; --skip) at = zip.find(field.signature, at + 4);
      if (at != zip.npos) put_little(zip, at + field.at, kLies[random() % std::size(kLies)], field.bytes);
    }
    if (const auto package = read_package(zip)) expect_plain(*package);
  }
}

TEST(PluginPackage, IsRefusedWhereverItsZipIsCutOff) {
  const std::string good = zip_of_example("dice");
  for (std::size_t size = 0; size < good.size(); size += 1 + size / 200)
    if (const auto package = read_package(good.substr(0, size))) expect_plain(*package);
  EXPECT_FALSE(read_package(good.substr(0, good.size() / 2)));
}

TEST(PluginPackage, TakesNoPathThatWasPutTogetherToEscape) {
  constexpr const char* kPieces[] = {
      "dice", "..",           ".",    "/",        "//", "\\", "\n",   "\x7f",         "C:", "~",
      "%2e",  "\xc0\xae",     "con",  "main.lua", " ",  "a",  ".lua", "\xe2\x80\xae", "\t", "-",
      "*",    "\xef\xbc\x8f", "|nul", ":"};
  std::mt19937 random(13);
  int taken = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string path = random() % 4 == 0 ? "" : "dice/";
    for (std::size_t i = 0, count = 1 + random() % 5; i < count; ++i) path += kPieces[random() % std::size(kPieces)];
    const auto package = read_package(zip_of(Entries{{"dice/main.lua", "-- dice"}, {path, "-- more"}}));
    if (!package) continue;
    ++taken;
    EXPECT_EQ(package->name, "dice");
    expect_plain(*package);
  }
  EXPECT_GT(taken, 10) << "some are plain";
}

TEST(PluginPackage, HoldsNoZipsWithinZips) {
  std::string bomb(defaults::kMaxPackageFileBytes, '\0');
  for (int depth = 0; depth < 4; ++depth) bomb = zip_of(Entries{{"dice/main.lua", "-- dice"}, {"dice/next.zip", bomb}});
  EXPECT_FALSE(read_package(bomb));
}

TEST(PluginPackage, NeverTripsOverDamagedZips) {
  const std::string good = zip_of_example("dice");
  std::mt19937 random(11);
  int taken = 0, refused = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string zip = good;
    for (std::size_t i = 0, count = 1 + random() % 8; i < count; ++i) {
      const std::size_t at = random() % zip.size();
      switch (random() % 4) {
        case 0: zip[at] = static_cast<char>(random()); break;
        case 1: zip[at] = static_cast<char>(zip[at] ^ (1 << random() % 8)); break;
        case 2: zip.erase(at, random() % 16); break;
        default: zip.insert(at, zip.substr(random() % zip.size(), random() % 64)); break;
      }
      if (zip.empty()) break;
    }
    const auto package = read_package(zip);
    if (!package) {
      ++refused;
      EXPECT_FALSE(package.error().message.empty());
      continue;
    }
    ++taken;  // what was damaged is nothing that counts: a time, a comment
    EXPECT_TRUE(package->files.contains("main.lua"));
    for (const auto& [path, text] : package->files) EXPECT_EQ(path.find(".."), std::string::npos);
  }
  EXPECT_GT(refused, 1000);
  EXPECT_GT(taken, 10);
}

}  // namespace
}  // namespace troupe::actors::plugins
