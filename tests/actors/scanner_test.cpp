// A virus scanner that works, and one that does not.
#include "actors/files/scanner.hpp"

#include <gtest/gtest.h>

#include "tests/actors/fake_scanner.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::actors {
namespace {

using namespace std::chrono_literals;
using testing::FakeScanner;
using Fault = FakeScanner::Fault;

class ScannerTest : public ::testing::Test {
 protected:
  ScannerOptions options() const { return {clamd_.address(), 200ms, 200ms, 50ms}; }
  static Scanner::Content content(std::string text) {
    return [text = std::move(text)](std::uint64_t offset) -> Expected<std::string> {
      return offset < text.size() ? text.substr(offset, 1000) : std::string();
    };
  }

  storage::test::TempFolder folder_;
  FakeScanner clamd_{folder_.path()};
};

TEST_F(ScannerTest, TellsCleanFromInfected) {
  Scanner scanner(options());
  EXPECT_EQ(scanner.scan(content(std::string(300'000, 'x'))), "clean");
  EXPECT_EQ(clamd_.received_bytes, 300'000u);
  EXPECT_EQ(scanner.scan(content(std::string(1234, 'x') + "EICAR")), "infected");
}

TEST_F(ScannerTest, RemembersWhenItLastSaidWhatAFileIs) {
  Scanner scanner(options());
  clamd_.fault = Fault::size_limit;
  scanner.scan(content("x"));
  EXPECT_EQ(scanner.last_scan(), 0) << "it said nothing of the file";
  clamd_.fault = Fault::none;
  const auto before = now_micros();
  scanner.scan(content("EICAR"));
  EXPECT_GE(scanner.last_scan(), before);
}

TEST_F(ScannerTest, SaysNothingOfAFileWhenThereIsNone) {
  Scanner scanner(ScannerOptions{});
  EXPECT_FALSE(scanner.is_there());
  EXPECT_EQ(scanner.scan(content("EICAR")), "not_scanned");
}

TEST_F(ScannerTest, NeverTakesAFailureForClean) {
  for (const auto fault : {Fault::never_answers, Fault::hangs_up, Fault::talks_nonsense}) {
    clamd_.fault = fault;
    Scanner scanner(options());
    EXPECT_EQ(scanner.scan(content("x")), "error") << static_cast<int>(fault);
    clamd_.fault = Fault::none;
  }
  for (const char* nowhere : {"/no/such/socket", "127.0.0.1:1", "nonsense"})
    EXPECT_EQ(Scanner({nowhere, 200ms, 200ms, 50ms}).scan(content("x")), "error") << nowhere;
  EXPECT_EQ(Scanner(options()).scan([](std::uint64_t) { return fail(Errc::corrupt, "damaged"); }), "error");
}

TEST_F(ScannerTest, IsLeftAloneForAWhileAfterAFailure) {
  clamd_.fault = Fault::hangs_up;
  auto slow = options();
  slow.retry_delay = 300ms;
  Scanner scanner(slow);
  EXPECT_EQ(scanner.scan(content("x")), "error");
  clamd_.fault = Fault::none;
  EXPECT_TRUE(scanner.rests(now_micros()));
  EXPECT_EQ(scanner.scan(content("x")), "error");
  EXPECT_EQ(clamd_.conversations, 1);
  while (scanner.rests(now_micros())) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(scanner.scan(content("x")), "clean");
}

TEST_F(ScannerTest, IsAskedAgainAtOnceAfterAFileThatWasTooLargeForIt) {
  clamd_.fault = Fault::size_limit;
  Scanner scanner(options());
  EXPECT_EQ(scanner.scan(content(std::string(5'000'000, 'x'))), "unscannable");
  clamd_.fault = Fault::none;
  EXPECT_EQ(scanner.scan(content("x")), "clean");
}

TEST(ScanOfAnswer, IsOneOfFourWords) {
  EXPECT_EQ(scan_of_answer("stream: OK"), "clean");
  EXPECT_EQ(scan_of_answer("stream: Win.Test.EICAR_HDB-1 FOUND"), "infected");
  EXPECT_EQ(scan_of_answer("stream: Heuristics.Encrypted.Zip FOUND"), "infected");
  for (const char* too_much :
       {"INSTREAM size limit exceeded. ERROR", "stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND"})
    EXPECT_EQ(scan_of_answer(too_much), "unscannable") << too_much;
  for (const char* other : {"", "OK", "stream: ", "stream: x ERROR", "FOUND"})
    EXPECT_EQ(scan_of_answer(other), "error") << other;
}

}  // namespace
}  // namespace troupe::actors
