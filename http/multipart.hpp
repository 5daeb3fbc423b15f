// Forms as browsers and `curl -F` send them: multipart/form-data (RFC 7578), read piece by piece. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/expected.hpp"

namespace troupe::http {

/// What stands before the value of one part.
struct PartHead {
  std::string name;
  std::optional<std::string> filename;  ///< as sent, UTF-8 or not, with any path that is in it; nothing: no file
};

/// The boundary in a Content-Type header. Errors: invalid (`Content-Type`: not multipart/form-data, or without a good
/// boundary; RFC 2046, section 5.1.1).
Expected<std::string> boundary_of(std::string_view content_type);

/// The name and file name in a part's headers (the lines between the boundary and the empty line). A file name comes from
/// `filename*` (RFC 8187) if that is UTF-8, otherwise from `filename`. Errors: invalid.
Expected<PartHead> parse_part_head(std::string_view headers);

/// Takes a form apart while it arrives; holds no more of it than one part's headers, or one boundary.
class MultipartParser {
 public:
  /// What the form holds, in its order. An error ends the parsing and is what `feed` answers.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual Expected<void> part_began(PartHead head) = 0;
    virtual Expected<void> part_data(std::string_view bytes) = 0;
    virtual Expected<void> part_ended() = 0;
  };

  /// The listener must outlive it.
  MultipartParser(std::string_view boundary, Listener& listener);

  /// The next bytes of the body. Errors: invalid (not a form, or a broken one), too_large (kMaxFormParts parts, or
  /// kMaxPartHeadBytes of headers), the listener's.
  Expected<void> feed(std::string_view bytes);
  /// The body has ended. Errors: invalid (the form is cut off).
  Expected<void> finish() const;

 private:
  enum class State : std::uint8_t { before_first, after_boundary, head, data, ended };

  /// Does what can be done with what is there: whether there was anything.
  Expected<bool> step();
  Expected<bool> find_boundary();
  Expected<bool> pass_boundary();
  Expected<bool> read_head();

  const std::string delimiter_;  ///< the line break before the boundary is part of it
  Listener& listener_;
  State state_ = State::before_first;
  std::string pending_;
  std::size_t at_ = 0;  ///< what of `pending_` is done with
  std::size_t parts_ = 0;
};

}  // namespace troupe::http
