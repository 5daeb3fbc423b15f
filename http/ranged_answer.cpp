#include "http/ranged_answer.hpp"

#include "http/surface.hpp"

namespace troupe::http {
namespace {

std::string content_range(const std::optional<ByteRange>& range, std::uint64_t size) {
  const std::string which = range ? std::to_string(range->first) + "-" + std::to_string(range->last) : "*";
  return "bytes " + which + "/" + std::to_string(size);
}

}  // namespace

Response ranged_response(std::string content_type, std::string_view etag) {
  Response response;
  response.content_type = std::move(content_type);
  response.headers = {{"ETag", std::string(etag)}, {"Accept-Ranges", "bytes"}};
  return response;
}

bool answered_not_modified(const CallPtr& call, const Response& response, std::string_view etag) {
  if (!is_not_modified(call->request, etag)) return false;
  Response unchanged = response;
  unchanged.status = 304;
  call->answer_with(std::move(unchanged));
  return true;
}

void answer_range(const CallPtr& call, Response response, std::string_view etag, std::uint64_t size,
                  const BytesOf& bytes_of) {
  const auto [status, range] = range_of(call->request, etag, size);
  if (status == 416) {
    Response refusal = call->surface->error({Errc::invalid, "The file has no such range", "Range"}, call->request.id);
    refusal.status = status;
    refusal.headers.emplace_back("Content-Range", content_range(range, size));
    return call->refuse(std::move(refusal));
  }
  if (range) response.headers.emplace_back("Content-Range", content_range(range, size));
  response.status = status;
  if (size > 0) {
    auto source = bytes_of(range.value_or(ByteRange{0, size - 1}));
    if (!source) return call->refuse(source.error());
    response.source = std::move(*source);
  }
  call->answer_with(std::move(response));
}

}  // namespace troupe::http
