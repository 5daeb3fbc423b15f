#include "actors/platforms/http_client.hpp"

#include <utility>
#include <vector>

#include "events/defaults.hpp"

namespace troupe::actors::platforms {

using llm::SteadyTime;

/// One request while it is under way. On the thread of the transfers.
class HttpClient::Exchange final : public llm::HttpListener {
 public:
  Exchange(HttpClient& client, Ticket ticket, SteadyTime until) : until(until), client_(client), ticket_(ticket) {}

  bool bytes(int, std::string_view bytes) override {
    if (body_.size() + bytes.size() > defaults::kMaxPlatformResponseBytes) {
      is_too_large_ = true;
      return false;
    }
    body_.append(bytes);
    return true;
  }

  void ended(const llm::HttpHead& head, const llm::HttpEnd& end) override {
    const auto me = client_.open_.extract(ticket_);  // it may be held by nobody else
    if (end.is_whole) return tell(HttpAnswer{head, std::move(body_)});
    if (is_too_large_) return tell(fail(Errc::too_large, "the answer is too large"));
    tell(fail(end.can_come_right ? Errc::upstream_failed : Errc::forbidden, end.why));
  }

  void tell(Expected<HttpAnswer> answer) {
    client_.loop_.post([&client = client_, ticket = ticket_, answer = std::move(answer)]() mutable {
      const auto node = client.waiting_.extract(ticket);
      if (!node.empty()) node.mapped()(std::move(answer));
    });
  }

  const SteadyTime until;
  llm::HttpLoop::TransferId transfer = 0;

 private:
  HttpClient& client_;
  const Ticket ticket_;
  std::string body_;
  bool is_too_large_ = false;
};

HttpClient::HttpClient(Loop& loop)
    : loop_(loop), transfers_(defaults::kPlatformConnectTimeout, [this](SteadyTime now) { return turn(now); }) {}
HttpClient::~HttpClient() { stop(); }

HttpClient::Ticket HttpClient::post(llm::HttpRequest request, std::chrono::milliseconds timeout, Done done) {
  const Ticket ticket = ++last_ticket_;
  waiting_.emplace(ticket, std::move(done));
  const auto until = std::chrono::steady_clock::now() + timeout;
  transfers_.post([this, ticket, until, request = std::move(request)] {
    auto exchange = std::make_shared<Exchange>(*this, ticket, until);
    open_.emplace(ticket, exchange);
    exchange->transfer = transfers_.start(request, exchange);
  });
  return ticket;
}

void HttpClient::cancel(Ticket ticket) {
  if (waiting_.erase(ticket) == 0) return;
  transfers_.post([this, ticket] {
    const auto node = open_.extract(ticket);
    if (!node.empty()) transfers_.abort(node.mapped()->transfer);
  });
}

void HttpClient::stop() {
  transfers_.stop([this] { open_.clear(); });
}

SteadyTime HttpClient::turn(SteadyTime now) {
  SteadyTime next = SteadyTime::max();
  std::vector<Ticket> late;
  for (const auto& [ticket, exchange] : open_) {
    if (exchange->until <= now) late.push_back(ticket);
    next = std::min(next, exchange->until);
  }
  for (const Ticket ticket : late) {
    const auto exchange = open_.extract(ticket).mapped();
    transfers_.abort(exchange->transfer);
    exchange->tell(fail(Errc::timed_out, "no answer in time"));
  }
  return late.empty() ? next : now;
}

}  // namespace troupe::actors::platforms
