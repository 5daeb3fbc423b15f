// A store as the house opens it, for fixtures.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "projections/rebuild.hpp"
#include "storage/store.hpp"

namespace troupe::actors::testing {

/// With its rows up to date. Null, and the test has failed, when it cannot be had.
inline std::unique_ptr<storage::Store> open_store(const std::filesystem::path& folder) {
  auto opened = storage::Store::open({folder});
  if (!opened) {
    ADD_FAILURE() << opened.error().message;
    return nullptr;
  }
  if (auto rebuilt = projections::rebuild(**opened, false, {}); !rebuilt) {
    ADD_FAILURE() << rebuilt.error().message;
    return nullptr;
  }
  return std::move(*opened);
}

}  // namespace troupe::actors::testing
