// A system on a real store, for fixtures: it can be stopped, and started again on the same folder.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "actors/system.hpp"
#include "tests/actors/open_store.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::actors::testing {

/// A fixture whose own members are called back by the system must stop it in its own destructor, before they are gone.
class RunningSystemTest : public ::testing::Test {
 protected:
  ~RunningSystemTest() override { stop(); }

  /// Mails lie in an outbox beside the store. Without a store the test has failed, and there is no system.
  void start_system(SystemOptions options = {}) {
    store_ = open_store(folder_.path());
    ASSERT_TRUE(store_);
    options.mail.outbox = folder_.path() / "outbox";
    system_ = std::make_unique<System>(*store_, store_->secrets(), options);
  }
  void stop() {
    system_.reset();
    store_.reset();
  }

  storage::test::TempFolder folder_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<System> system_;
};

}  // namespace troupe::actors::testing
