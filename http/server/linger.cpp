#include "http/server/linger.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace troupe::http {
namespace {

class Lingering final : public Peer, public std::enable_shared_from_this<Lingering> {
 public:
  Lingering(Core& core, std::shared_ptr<Stream> stream, std::string last_words)
      : core_(core), stream_(std::move(stream)), last_words_(std::move(last_words)) {
    ++core_.lingering;
    core_.add(*this);
  }

  void start() {
    stream_->cancel();
    // After the handlers of what was cancelled: a TLS stream allows one read at a time.
    asio::post(core_.io, [me = shared_from_this()] { me->write(); });
  }

  void check_deadlines(Clock::time_point now) override {
    if (now >= deadline_) abort();
  }
  void shut_down() override {}
  void abort() override {
    if (!stream_) return;
    stream_->reset();
    end();
  }
  std::shared_ptr<Peer> self() override { return shared_from_this(); }

 private:
  void write() {
    if (!stream_) return;
    if (last_words_.empty()) return say_goodbye();
    asio::async_write(*stream_, asio::buffer(last_words_), [me = shared_from_this()](error_code error, std::size_t) {
      if (!me->stream_) return;
      error ? me->end() : me->say_goodbye();
    });
  }

  void say_goodbye() {
    if (!stream_->is_tls()) return half_close();
    stream_->async_tls_shutdown([me = shared_from_this()](error_code) {
      if (me->stream_) me->half_close();
    });
  }

  void half_close() {
    error_code error;
    stream_->socket().shutdown(tcp::socket::shutdown_send, error);
    error ? end() : discard();
  }

  void discard() {
    stream_->socket().async_read_some(asio::buffer(core_.scrap),
                                      [me = shared_from_this()](error_code error, std::size_t bytes) {
                                        if (!me->stream_) return;
                                        me->discarded_ += bytes;
                                        if (error || me->discarded_ > defaults::kMaxLingerBytes)
                                          me->end();
                                        else
                                          me->discard();
                                      });
  }

  void end() {
    stream_->close();
    stream_.reset();
    unlink();
    --core_.lingering;
  }

  Core& core_;
  std::shared_ptr<Stream> stream_;
  std::string last_words_;
  std::size_t discarded_ = 0;
  Clock::time_point deadline_ = Clock::now() + defaults::kLingerTimeout;
};

}  // namespace

void linger(Core& core, std::shared_ptr<Stream> stream, std::string last_words) {
  if (core.lingering >= defaults::kMaxLingering) return stream->reset();
  std::make_shared<Lingering>(core, std::move(stream), std::move(last_words))->start();
}

}  // namespace troupe::http
