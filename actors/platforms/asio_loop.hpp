// The inside of the platforms' loop, for those who open sockets on it. Included by .cpp files only.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <mutex>
#include <thread>
#include <vector>

#include "actors/platforms/loop.hpp"

namespace troupe::actors::platforms {

struct Loop::Impl {
  void run_posted();

  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stays{io.get_executor()};
  std::mutex mutex;  ///< of the three below
  std::vector<std::function<void()>> posted;
  bool is_stopping = false;
  std::thread thread;
};

}  // namespace troupe::actors::platforms
