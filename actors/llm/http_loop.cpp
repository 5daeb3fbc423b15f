#include "actors/llm/http_loop.hpp"

#include <curl/curl.h>
#include <poll.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/address_guard.hpp"
#include "events/defaults.hpp"

namespace troupe::actors::llm {
namespace {

/// For curl, which needs it once a process, before threads use it.
void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(started);
}

struct Transfer {
  HttpLoop::TransferId id = 0;
  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers{nullptr, curl_slist_free_all};
  std::string body;
  std::vector<std::string> wanted_headers;
  std::shared_ptr<HttpListener> listener;
  bool has_begun = false;
  AddressGuard guard;
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy{curl_easy_init(), curl_easy_cleanup};  // goes first

  int status() const {
    long status = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
  }

  std::string header(const char* name) const {
    curl_header* header = nullptr;
    return curl_easy_header(easy.get(), name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? header->value : "";
  }

  HttpHead head() const {
    HttpHead head{status(), header("Retry-After"), {}};
    for (const auto& name : wanted_headers)
      if (auto value = header(name.c_str()); !value.empty()) head.headers.emplace_back(name, std::move(value));
    return head;
  }

  void begin() {
    if (std::exchange(has_begun, true) || status() == 0) return;
    listener->began(head());
  }

  void add_header(const std::string& line) {
    auto* longer = curl_slist_append(headers.get(), line.c_str());
    if (!longer) return;
    static_cast<void>(headers.release());
    headers.reset(longer);
  }
};

/// The empty line ends the head; one that only says that another follows (1xx) is none.
std::size_t take_header(const char* line, std::size_t, std::size_t size, void* transfer) {
  auto& self = *static_cast<Transfer*>(transfer);
  if (std::string_view(line, size).find_first_not_of("\r\n") == std::string_view::npos && self.status() >= 200)
    self.begin();
  return size;
}

std::size_t take_bytes(const char* bytes, std::size_t, std::size_t size, void* transfer) {
  auto& self = *static_cast<Transfer*>(transfer);
  self.begin();
  return self.listener->bytes(self.status(), {bytes, size}) ? size : CURL_WRITEFUNC_ERROR;
}

HttpEnd end_of(CURLcode code, const AddressGuard& guard) {
  HttpEnd end;
  end.is_whole = code == CURLE_OK;
  if (guard.refused_all() && (code == CURLE_COULDNT_CONNECT || code == CURLE_ABORTED_BY_CALLBACK)) {
    end.why = "its name leads to an address that is not allowed";
    return end;
  }
  end.can_come_right = code != CURLE_URL_MALFORMAT && code != CURLE_UNSUPPORTED_PROTOCOL &&
                       code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_BAD_FUNCTION_ARGUMENT;
  end.why = curl_easy_strerror(code);
  return end;
}

}  // namespace

struct HttpLoop::Impl {
  std::chrono::milliseconds connect_timeout;
  Turn turn;
  std::mutex mutex;  ///< of the three below
  std::vector<std::function<void()>> posted;
  bool is_stopping = false;
  std::thread thread;
  CURLM* multi = nullptr;  ///< set before the thread begins
  std::unordered_map<TransferId, std::unique_ptr<Transfer>> transfers;
  TransferId last_transfer = 0;
  struct Watched {
    short events;
    std::function<void(short)> ready;
  };
  std::map<int, Watched> watched;

  void run() {
    for (bool go_on = true; go_on;) {
      go_on = run_posted();
      int running = 0;
      curl_multi_perform(multi, &running);
      read_ended();
      const auto now = std::chrono::steady_clock::now();
      const auto next = turn(now);
      using std::chrono::milliseconds;
      const auto wait = std::clamp(std::chrono::ceil<milliseconds>(next - now), milliseconds(0), milliseconds(60'000));
      // Wakes for bytes, for `post`, and for what curl itself has to do next: a transfer just started does not wait.
      if (go_on) poll(static_cast<int>(wait.count()));
    }
    for (auto& [id, transfer] : transfers) curl_multi_remove_handle(multi, transfer->easy.get());
    transfers.clear();
  }

  void poll(int wait_ms) {
    std::vector<curl_waitfd> others;
    for (const auto& [descriptor, one] : watched) {
      const int events =
          ((one.events & POLLIN) ? CURL_WAIT_POLLIN : 0) | ((one.events & POLLOUT) ? CURL_WAIT_POLLOUT : 0);
      others.push_back({descriptor, static_cast<short>(events), 0});
    }
    curl_multi_poll(multi, others.data(), static_cast<unsigned>(others.size()), wait_ms, nullptr);
    for (const auto& other : others) {
      if (other.revents == 0) continue;
      const auto at = watched.find(other.fd);  // one that was ready before it may have ended this one
      if (at == watched.end()) continue;
      const int events =
          ((other.revents & CURL_WAIT_POLLIN) ? POLLIN : 0) | ((other.revents & CURL_WAIT_POLLOUT) ? POLLOUT : 0);
      const auto ready = at->second.ready;
      ready(static_cast<short>(events));
    }
  }

  bool run_posted() {
    std::vector<std::function<void()>> work;
    bool is_last = false;
    {
      const std::lock_guard lock(mutex);
      work.swap(posted);
      is_last = is_stopping;
    }
    for (auto& job : work) job();
    return !is_last;
  }

  void read_ended() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      char* data = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &data);
      const CURLcode code = message->data.result;  // before the handle goes, and the message with it
      const auto node = transfers.extract(reinterpret_cast<Transfer*>(data)->id);
      auto& transfer = *node.mapped();
      transfer.begin();
      curl_multi_remove_handle(multi, transfer.easy.get());
      transfer.listener->ended(transfer.head(), end_of(code, transfer.guard));
    }
  }
};

HttpLoop::HttpLoop(std::chrono::milliseconds connect_timeout, Turn turn)
    : impl_(std::make_unique<Impl>(connect_timeout, std::move(turn))) {}

HttpLoop::~HttpLoop() {
  stop([] {});
  if (impl_->multi) curl_multi_cleanup(impl_->multi);
}

bool HttpLoop::post(std::function<void()> work) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->is_stopping) return false;
  impl_->posted.push_back(std::move(work));
  if (!impl_->thread.joinable()) {
    start_curl();
    impl_->multi = curl_multi_init();
    curl_multi_setopt(impl_->multi, CURLMOPT_MAXCONNECTS, defaults::kMaxIdleModelConnections);
    impl_->thread = std::thread([this] { impl_->run(); });
  }
  curl_multi_wakeup(impl_->multi);
  return true;
}

void HttpLoop::stop(std::function<void()> last) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (std::exchange(impl_->is_stopping, true) || !impl_->thread.joinable()) return;
    impl_->posted.push_back(std::move(last));
    curl_multi_wakeup(impl_->multi);
  }
  impl_->thread.join();
}

HttpLoop::TransferId HttpLoop::start(const HttpRequest& request, std::shared_ptr<HttpListener> listener) {
  auto transfer = std::make_unique<Transfer>();
  transfer->id = ++impl_->last_transfer;
  transfer->body = request.body;
  transfer->wanted_headers = request.wanted_headers;
  transfer->listener = std::move(listener);
  const bool has_body = request.method == "POST";
  if (has_body) transfer->add_header("Content-Type: application/json");
  transfer->add_header("Expect:");  // no round trip to ask whether a long body is welcome
  for (const auto& line : request.headers) transfer->add_header(line);
  CURL* easy = transfer->easy.get();
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  transfer->guard.watch(easy, request.url, request.reach);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // A transfer that is given up while its name is looked up does not hold up all others until that has ended.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(impl_->connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers.get());
  if (has_body) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer->body.size()));
  } else if (request.method != "GET") {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer.get());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer.get());
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer.get());
  const auto id = transfer->id;
  impl_->transfers.emplace(id, std::move(transfer));
  curl_multi_add_handle(impl_->multi, easy);
  return id;
}

void HttpLoop::watch(int descriptor, short events, std::function<void(short)> ready) {
  impl_->watched[descriptor] = {events, std::move(ready)};
}

void HttpLoop::unwatch(int descriptor) { impl_->watched.erase(descriptor); }

void HttpLoop::abort(TransferId id) {
  const auto node = impl_->transfers.extract(id);
  if (!node.empty()) curl_multi_remove_handle(impl_->multi, node.mapped()->easy.get());
}

}  // namespace troupe::actors::llm
