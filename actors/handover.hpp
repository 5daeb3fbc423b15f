// ThreadSanitizer does not see into libcaf, which Debian builds without it, and so takes every message for a data race.
// These calls tell it what CAF guarantees: what happened before a message was sent happens before it is received, and
// one actor's handlers run one after the other. They are nothing in any other build.
#pragma once

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace troupe::actors::tsan {

inline void hand_over([[maybe_unused]] const void* what) {
#if defined(__SANITIZE_THREAD__)
  __tsan_release(const_cast<void*>(what));
#endif
}

inline void take_over([[maybe_unused]] const void* what) {
#if defined(__SANITIZE_THREAD__)
  __tsan_acquire(const_cast<void*>(what));
#endif
}

/// One handler's turn at its actor's state.
class Turn {
 public:
  explicit Turn(const void* actor) : actor_(actor) { take_over(actor_); }
  ~Turn() { hand_over(actor_); }
  Turn(const Turn&) = delete;

 private:
  const void* actor_;
};

}  // namespace troupe::actors::tsan
