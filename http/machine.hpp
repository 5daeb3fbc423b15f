// What this process takes of its machine: measured, never estimated. Thread-safe; each call reads a few small files of
// /proc and /sys.
#pragma once

#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string_view>

namespace troupe::http {

struct MachineUse {
  double cpu_percent = 0;     ///< by this process, of all processors, since the last sample (or the process's start)
  double memory_percent = 0;  ///< of the control group's limit when it has one, else of the machine
  double disk_percent = 0;    ///< of the file system that holds the data folder, as `df` counts it
};

class Machine {
 public:
  explicit Machine(std::filesystem::path data) : data_(std::move(data)) {}

  /// Samples closer together than kCpuSampleInterval share the processor's figure.
  MachineUse use();

  /// Since the process began.
  static std::chrono::seconds uptime();

 private:
  double cpu_percent();

  const std::filesystem::path data_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point sampled_at_{};
  double sampled_cpu_seconds_ = 0;
  double cpu_percent_ = 0;
};

// The arithmetic of it. Pure.

/// `MemTotal` and `MemAvailable` of /proc/meminfo (proc(5)); nothing when one of them is not there.
std::optional<double> memory_percent_of_meminfo(std::string_view meminfo);

/// From memory.current, memory.max and memory.stat of a control group (cgroup v2); what the kernel may take back at once
/// (`inactive_file`) does not count. Nothing without a limit.
std::optional<double> memory_percent_of_group(std::string_view current, std::string_view max, std::string_view stat);

/// The path of the process's group in /proc/self/cgroup: the line `0::/path`.
std::optional<std::string_view> group_path(std::string_view proc_self_cgroup);

}  // namespace troupe::http
