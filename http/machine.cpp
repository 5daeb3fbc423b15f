#include "http/machine.hpp"

#include <sys/resource.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "events/defaults.hpp"

namespace troupe::http {
namespace {

using Clock = std::chrono::steady_clock;

const Clock::time_point kProcessStart = Clock::now();

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The number behind a word that begins a line: `MemTotal:       16318516 kB`, `inactive_file 4096`.
std::optional<double> number_after(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    if (at != 0 && text[at - 1] != '\n') continue;
    const auto digit = text.find_first_of("0123456789", at + word.size());
    if (digit == text.npos) return std::nullopt;
    double value = 0;
    std::from_chars(text.data() + digit, text.data() + text.size(), value);
    return value;
  }
  return std::nullopt;
}

double cpu_seconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

double memory_percent() {
  const std::string groups = read_file("/proc/self/cgroup");
  if (const auto path = group_path(groups)) {
    const auto folder = std::filesystem::path("/sys/fs/cgroup" + std::string(*path));
    const auto percent = memory_percent_of_group(read_file(folder / "memory.current"), read_file(folder / "memory.max"),
                                                 read_file(folder / "memory.stat"));
    if (percent) return *percent;
  }
  return memory_percent_of_meminfo(read_file("/proc/meminfo")).value_or(0);
}

double disk_percent(const std::filesystem::path& data) {
  struct statvfs disk {};
  if (statvfs(data.c_str(), &disk) != 0) return 0;
  const auto used = static_cast<double>(disk.f_blocks - disk.f_bfree);
  const double usable = used + static_cast<double>(disk.f_bavail);
  return usable > 0 ? 100 * used / usable : 0;
}

}  // namespace

std::optional<double> memory_percent_of_meminfo(std::string_view meminfo) {
  const auto total = number_after(meminfo, "MemTotal:"), available = number_after(meminfo, "MemAvailable:");
  if (!total || !available || *total <= 0) return std::nullopt;
  return 100 * (*total - *available) / *total;
}

std::optional<double> memory_percent_of_group(std::string_view current, std::string_view max, std::string_view stat) {
  const auto used = number_after(current, ""), limit = number_after(max, "");
  if (!used || !limit || *limit <= 0) return std::nullopt;  // without a limit the file says `max`
  const double reclaimable = number_after(stat, "inactive_file").value_or(0);
  return 100 * std::max(0.0, *used - reclaimable) / *limit;
}

std::optional<std::string_view> group_path(std::string_view proc_self_cgroup) {
  constexpr std::string_view kUnified = "0::/";
  for (std::size_t at = 0; at < proc_self_cgroup.size();) {
    const auto end = std::min(proc_self_cgroup.find('\n', at), proc_self_cgroup.size());
    const auto line = proc_self_cgroup.substr(at, end - at);
    if (line.starts_with(kUnified)) return line.substr(kUnified.size() - 1);
    at = end + 1;
  }
  return std::nullopt;
}

MachineUse Machine::use() { return {cpu_percent(), memory_percent(), disk_percent(data_)}; }

double Machine::cpu_percent() {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  const bool first = sampled_at_ == Clock::time_point{};
  if (!first && now - sampled_at_ < defaults::kCpuSampleInterval) return cpu_percent_;
  const double used = cpu_seconds();
  const double seconds = std::chrono::duration<double>(now - (first ? kProcessStart : sampled_at_)).count();
  const double processors = std::max(1u, std::thread::hardware_concurrency());
  cpu_percent_ = seconds > 0 ? std::min(100.0, 100 * (used - sampled_cpu_seconds_) / seconds / processors) : 0;
  sampled_at_ = now;
  sampled_cpu_seconds_ = used;
  return cpu_percent_;
}

std::chrono::seconds Machine::uptime() {
  return std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - kProcessStart);
}

}  // namespace troupe::http
