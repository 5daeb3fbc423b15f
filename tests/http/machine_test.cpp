#include "http/machine.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "events/defaults.hpp"
#include "http/metrics.hpp"
#include "http/security/failed_logins.hpp"

namespace troupe::http {
namespace {

TEST(Machine, CountsWhatIsNotAvailableAsMemoryInUse) {
  const auto percent =
      memory_percent_of_meminfo("MemTotal:        1000 kB\nMemFree: 100 kB\nMemAvailable:    250 kB\n");
  ASSERT_TRUE(percent);
  EXPECT_DOUBLE_EQ(*percent, 75);
  EXPECT_FALSE(memory_percent_of_meminfo("MemFree: 100 kB\n"));
  EXPECT_FALSE(memory_percent_of_meminfo(""));
}

TEST(Machine, CountsAGroupsMemoryWithoutWhatTheKernelMayTakeBack) {
  const auto percent = memory_percent_of_group("600\n", "1000\n", "anon 300\nactive_file 200\ninactive_file 100\n");
  ASSERT_TRUE(percent);
  EXPECT_DOUBLE_EQ(*percent, 50);
  EXPECT_FALSE(memory_percent_of_group("600\n", "max\n", "")) << "no limit";
  EXPECT_FALSE(memory_percent_of_group("", "", ""));
}

TEST(Machine, FindsItsGroup) {
  EXPECT_EQ(group_path("12:memory:/old\n0::/system.slice/troupe.service\n"), "/system.slice/troupe.service");
  EXPECT_FALSE(group_path("12:memory:/old\n"));
}

TEST(Machine, MeasuresItself) {
  Machine machine("/");
  const auto until = std::chrono::steady_clock::now() + defaults::kCpuSampleInterval + std::chrono::milliseconds(100);
  (void)machine.use();
  volatile std::uint64_t work = 0;
  while (std::chrono::steady_clock::now() < until) work = work + 1;
  const auto use = machine.use();
  EXPECT_GT(use.cpu_percent, 0);
  EXPECT_LE(use.cpu_percent, 100);
  EXPECT_GT(use.memory_percent, 0);
  EXPECT_LE(use.memory_percent, 100);
  EXPECT_GT(use.disk_percent, 0);
  EXPECT_LE(use.disk_percent, 100);
  EXPECT_EQ(machine.use().cpu_percent, use.cpu_percent) << "two samples at once are one";
  EXPECT_GE(Machine::uptime().count(), 1);
}

TEST(Metrics, KnowTheMedianOfTheLastRequests) {
  Metrics metrics;
  EXPECT_EQ(metrics.recent_median_seconds(), 0);
  const Route route{.method = "GET", .pattern = "/"};
  for (const double seconds : {0.001, 0.002, 60.0}) metrics.observe(route, 200, seconds);
  EXPECT_NEAR(metrics.recent_median_seconds(), 0.002, 1e-6);
  for (std::size_t i = 0; i < defaults::kResponseTimesRemembered; ++i) metrics.observe(route, 200, 0.5);
  EXPECT_NEAR(metrics.recent_median_seconds(), 0.5, 1e-6) << "what is older is forgotten";
}

constexpr Micros kMinute = 60'000'000;

TEST(FailedLogins, MakeTheThreatLevelByTheirNumber) {
  FailedLogins failed;
  EXPECT_EQ(failed.threat_level(kMinute), "low");
  for (std::size_t i = 1; i < defaults::kMediumThreatFailures; ++i) failed.add(kMinute, false);
  EXPECT_EQ(failed.threat_level(kMinute), "low");
  failed.add(kMinute, false);
  EXPECT_EQ(failed.threat_level(kMinute), "medium");
  for (std::size_t i = 0; i < defaults::kHighThreatFailures; ++i) failed.add(kMinute, false);
  EXPECT_EQ(failed.threat_level(kMinute), "high");
}

TEST(FailedLogins, ThatLockAccountsWeighMore) {
  FailedLogins failed;
  failed.add(kMinute, true);
  EXPECT_EQ(failed.threat_level(kMinute), "medium");
  for (std::size_t i = 1; i < defaults::kHighThreatLocks; ++i) failed.add(kMinute, true);
  EXPECT_EQ(failed.threat_level(kMinute), "high");
}

TEST(FailedLogins, AreForgottenAfterTheirTime) {
  FailedLogins failed;
  failed.add(kMinute, true);
  const Micros window = to_micros(defaults::kThreatWindow);
  EXPECT_EQ(failed.threat_level(kMinute + window - 1), "medium");
  EXPECT_EQ(failed.threat_level(kMinute + window), "low");
}

TEST(FailedLogins, PastTheirLimitStillMeanHighThreat) {
  FailedLogins failed;
  for (std::size_t i = 0; i < 2 * defaults::kMaxRememberedFailedLogins; ++i) failed.add(kMinute, false);
  EXPECT_EQ(failed.threat_level(kMinute), "high");
}

}  // namespace
}  // namespace troupe::http
