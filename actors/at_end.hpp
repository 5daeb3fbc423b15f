// Something to be done at the end of a scope, however it ends.
#pragma once

#include <utility>

namespace troupe::actors {

template <class F>
class AtEnd {
 public:
  explicit AtEnd(F work) : work_(std::move(work)) {}
  ~AtEnd() { work_(); }
  AtEnd(const AtEnd&) = delete;
  AtEnd& operator=(const AtEnd&) = delete;

 private:
  F work_;
};

}  // namespace troupe::actors
