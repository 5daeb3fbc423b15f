#include "http/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>

namespace troupe::http {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

/// Seconds. From a cached read to the longest poll.
const prometheus::Histogram::BucketBoundaries kLatencyBounds = {0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                                0.05,   0.1,    0.25,  1,      5,     60};

MetricFamily single(const char* name, const char* help, MetricType type, double value) {
  ClientMetric metric;
  if (type == MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  return {name, help, type, {metric}};
}

/// One number for each name that `label` has.
template <class Named>
MetricFamily labelled(const char* name, const char* help, MetricType type, const char* label, const Named& named,
                      const std::function<double(const typename Named::mapped_type&)>& value_of) {
  MetricFamily family{name, help, type, {}};
  for (const auto& [of, what] : named) {
    ClientMetric metric = single(name, help, type, value_of(what)).metric.front();
    metric.label.push_back({label, of});
    family.metric.push_back(std::move(metric));
  }
  return family;
}

template <class Bounds>
MetricFamily histogram(const char* name, const char* help, const std::vector<std::uint64_t>& cumulative,
                       const Bounds& bounds, double sum) {
  ClientMetric metric;
  std::size_t i = 0;
  for (const double bound : bounds) {
    metric.histogram.bucket.push_back({i < cumulative.size() ? cumulative[i] : 0, bound});
    ++i;
  }
  metric.histogram.sample_count = cumulative.empty() ? 0 : cumulative.back();
  metric.histogram.bucket.push_back({metric.histogram.sample_count, std::numeric_limits<double>::infinity()});
  metric.histogram.sample_sum = sum;
  return {name, help, MetricType::Histogram, {metric}};
}

}  // namespace

struct Metrics::Impl {
  struct PerRoute {
    prometheus::Histogram* latency;
    std::map<int, prometheus::Counter*> by_status;
  };

  prometheus::Registry registry;
  prometheus::Family<prometheus::Histogram>& latency = prometheus::BuildHistogram()
                                                           .Name("troupe_http_request_seconds")
                                                           .Help("From a whole request to its answer, by route")
                                                           .Register(registry);
  prometheus::Family<prometheus::Counter>& requests = prometheus::BuildCounter()
                                                          .Name("troupe_http_requests_total")
                                                          .Help("Answered requests, by route and status")
                                                          .Register(registry);
  std::mutex mutex;
  std::unordered_map<const Route*, PerRoute> routes;
  std::vector<float> recent_seconds;  // a ring of kResponseTimesRemembered
  std::size_t next_recent = 0;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::observe(const Route& route, int status, double seconds) {
  const std::lock_guard lock(impl_->mutex);
  auto [it, added] = impl_->routes.try_emplace(&route);
  auto& metrics = it->second;
  if (added)
    metrics.latency = &impl_->latency.Add({{"method", route.method}, {"route", route.pattern}}, kLatencyBounds);
  metrics.latency->Observe(seconds);
  auto& recent = impl_->recent_seconds;
  if (recent.size() < defaults::kResponseTimesRemembered) recent.push_back(0);
  recent[impl_->next_recent] = static_cast<float>(seconds);
  impl_->next_recent = (impl_->next_recent + 1) % defaults::kResponseTimesRemembered;
  auto*& counter = metrics.by_status[status];
  if (!counter)
    counter =
        &impl_->requests.Add({{"method", route.method}, {"route", route.pattern}, {"status", std::to_string(status)}});
  counter->Increment();
}

double Metrics::recent_median_seconds() const {
  std::vector<float> seconds;
  {
    const std::lock_guard lock(impl_->mutex);
    seconds = impl_->recent_seconds;
  }
  if (seconds.empty()) return 0;
  const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
  std::nth_element(seconds.begin(), middle, seconds.end());
  return static_cast<double>(*middle);
}

std::string Metrics::text(const Sources& sources) const {
  constexpr auto kGauge = MetricType::Gauge;
  constexpr auto kCounter = MetricType::Counter;
  const auto store = sources.store();
  const auto actors = sources.actors();
  const auto server = sources.server();
  const auto number = [](auto value) { return static_cast<double>(value); };
  using Platform = actors::PlatformCounts;
  const auto platforms = [&](const char* name, const char* help, MetricType type, auto Platform::*count) {
    return labelled(name, help, type, "type", actors.platforms,
                    [&](const Platform& platform) { return number(platform.*count); });
  };
  auto families = impl_->registry.Collect();
  const std::vector<MetricFamily> read_now = {
      single("troupe_journal_batches_total", "Batches committed, one fsync each", kCounter, number(store.batches)),
      single("troupe_journal_appends_total", "Appends committed", kCounter, number(store.appends)),
      single("troupe_journal_events_total", "Events committed", kCounter, number(store.events)),
      single("troupe_journal_refused_total", "Appends that failed a condition", kCounter, number(store.refused)),
      single("troupe_journal_queue_depth", "Appends waiting for the writer", kGauge, number(store.queue_depth)),
      single("troupe_journal_queue_bytes", "Bytes waiting for the writer", kGauge, number(store.queue_bytes)),
      single("troupe_journal_position", "Position of the last event", kGauge, number(sources.last_position())),
      histogram("troupe_journal_append_seconds", "From append to durable", store.append_latency_buckets,
                storage::kAppendLatencyBoundsSeconds, store.append_latency_sum_seconds),
      histogram("troupe_journal_batch_events", "Events in a batch", store.batch_size_buckets, storage::kBatchSizeBounds,
                number(store.events)),
      single("troupe_accounts_awake", "Account actors awake", kGauge, number(actors.accounts_awake)),
      single("troupe_bots_awake", "Bot actors awake", kGauge, number(actors.bots_awake)),
      single("troupe_commands_awake", "Command actors awake", kGauge, number(actors.commands_awake)),
      single("troupe_polls_waiting", "Long polls waiting for a command", kGauge, number(actors.polls_waiting)),
      single("troupe_passwords_waiting", "Passwords waiting to be hashed", kGauge, number(actors.passwords_waiting)),
      single("troupe_uploads_waiting", "Uploads to be looked at and scanned", kGauge, number(actors.uploads_waiting)),
      single("troupe_reads_waiting", "Long reads waiting for the worker", kGauge, number(actors.reads_waiting)),
      single("troupe_questions_under_way", "Questions of sessions that a model is answering", kGauge,
             number(actors.questions_under_way)),
      single("troupe_completions_under_way", "Requests of programs that a model is answering", kGauge,
             number(actors.completions_under_way)),
      single("troupe_tool_calls_under_way", "Calls of tools", kGauge, number(actors.tool_calls_under_way)),
      labelled("troupe_tool_calls_total", "Calls of tools that have ended, by outcome", kCounter, "outcome",
               actors.tool_calls_ended, number),
      single("troupe_mcp_connections", "Connections to MCP servers", kGauge, number(actors.mcp_connections)),
      single("troupe_mcp_restarts_total", "Attempts to connect to an MCP server again", kCounter,
             number(actors.mcp_restarts)),
      platforms("troupe_platforms_running", "Platforms that are connected, by type", kGauge, &Platform::running),
      platforms("troupe_platforms_failing", "Platforms that cannot be connected, by type", kGauge, &Platform::failing),
      platforms("troupe_platform_clients", "Clients that are connected to us, by type", kGauge, &Platform::clients),
      platforms("troupe_platform_messages_received_total", "Messages of platforms, by type", kCounter,
                &Platform::received),
      platforms("troupe_platform_messages_sent_total", "Texts that platforms took, by type", kCounter, &Platform::sent),
      platforms("troupe_platform_errors_total", "Failures of platforms, by type", kCounter, &Platform::errors),
      platforms("troupe_platform_restarts_total", "Attempts to connect after the first, by type", kCounter,
                &Platform::restarts),
      single("troupe_mails_sent_total", "Mails sent", kCounter, number(actors.mails_sent)),
      single("troupe_mails_failed_total", "Mails given up", kCounter, number(actors.mails_failed)),
      single("troupe_search_documents_indexed", "Messages and files that a search finds", kGauge,
             number(actors.search.documents_indexed)),
      single("troupe_search_documents_to_embed", "Messages and files whose vectors are still to be made", kGauge,
             number(actors.search.documents_to_embed)),
      single("troupe_search_documents_embedded_total", "Vectors that a provider made", kCounter,
             number(actors.search.documents_embedded)),
      single("troupe_search_embeddings_failed_total", "Requests for vectors that failed", kCounter,
             number(actors.search.embeddings_failed)),
      single("troupe_connections", "Open connections", kGauge, number(server.connections)),
      single("troupe_websockets", "Open WebSockets", kGauge, number(server.websockets)),
      single("troupe_websockets_dropped_total", "WebSockets closed because the client did not read", kCounter,
             number(server.websockets_dropped)),
      single("troupe_streams_dropped_total", "Streamed answers cut off because the client did not read", kCounter,
             number(server.streams_dropped)),
      single("troupe_bodies_in_flight_bytes", "Request bodies held in memory", kGauge,
             number(server.bodies_in_flight_bytes)),
      single("troupe_responses_in_flight_bytes", "Answers that clients have not taken yet", kGauge,
             number(server.responses_in_flight_bytes)),
      single("troupe_socketio_clients", "Connected Socket.IO clients", kGauge, number(sources.socketio_clients())),
  };
  families.insert(families.end(), read_now.begin(), read_now.end());
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace troupe::http
