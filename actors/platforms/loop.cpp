#include "actors/platforms/loop.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "actors/platforms/asio_loop.hpp"

namespace troupe::actors::platforms {

namespace asio = boost::asio;

namespace {

/// What fails must not end the others.
void log_failure(const std::exception& e) { spdlog::error("a platform's connection failed: {}", e.what()); }

}  // namespace

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() {
  stop([] {});
}

void Loop::Impl::run_posted() {
  std::vector<std::function<void()>> ready;
  {
    const std::lock_guard lock(mutex);
    ready.swap(posted);
  }
  for (auto& work : ready) try {
      std::exchange(work, nullptr)();
    } catch (const std::exception& e) {
      log_failure(e);
    }
}

// Many at once, such as the messages of a busy platform, cost one wake-up.
bool Loop::post(std::function<void()> work) {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->is_stopping) return false;
  if (impl_->posted.empty()) asio::post(impl_->io, [impl = impl_.get()] { impl->run_posted(); });
  impl_->posted.push_back(std::move(work));
  if (impl_->thread.joinable()) return true;
  impl_->thread = std::thread([impl = impl_.get()] {
    for (;;) try {
        impl->io.run();
        return;
      } catch (const std::exception& e) {
        log_failure(e);
      }
  });
  return true;
}

Loop::TimerPtr Loop::after(std::chrono::milliseconds delay, std::function<void()> work) {
  struct AsioTimer final : Timer {
    explicit AsioTimer(asio::io_context& io) : timer(io) {}
    ~AsioTimer() override { *work = nullptr; }  // it may have expired already and wait for its turn
    asio::steady_timer timer;
    std::shared_ptr<std::function<void()>> work;
  };
  auto timer = std::make_unique<AsioTimer>(impl_->io);
  timer->work = std::make_shared<std::function<void()>>(std::move(work));
  timer->timer.expires_after(delay);
  timer->timer.async_wait([work = timer->work](const boost::system::error_code&) {
    if (const auto once = std::exchange(*work, nullptr)) once();
  });
  return timer;
}

void Loop::stop(std::function<void()> last) {
  {
    const std::lock_guard lock(impl_->mutex);
    if (std::exchange(impl_->is_stopping, true) || !impl_->thread.joinable()) return;
    if (impl_->posted.empty()) asio::post(impl_->io, [impl = impl_.get()] { impl->run_posted(); });
    impl_->posted.push_back([impl = impl_.get(), last = std::move(last)] {
      last();
      impl->io.stop();
    });
  }
  impl_->thread.join();
}

}  // namespace troupe::actors::platforms
