// Files: upload, download, thumbnails. A file is seen by whoever uploaded it and by the members of its channel; a public
// one by whoever has its link. For all others there is no such file.
#pragma once

#include "http/surfaces/plexichat/context.hpp"

namespace troupe::http {
class Surface;
}

namespace troupe::http::plexichat {

class Files {
 public:
  /// `surface` words errors and knows callers.
  Files(Context& context, Surface& surface) : context_(context), surface_(surface) {}

  Expected<std::shared_ptr<BodySink>> sink(const Call& call) const;
  void upload(const CallPtr& call);
  void list(const CallPtr& call);
  void show(const CallPtr& call);
  void remove(const CallPtr& call);
  void download(const CallPtr& call);
  void thumbnail(const CallPtr& call);
  // The links that a file's `url` and `thumbnail_url` name: no login for a public file
  void open_link(const CallPtr& call);
  void open_thumbnail_link(const CallPtr& call);

 private:
  using Row = projections::FileRow;
  enum class What : std::uint8_t { content, thumbnail };

  actors::Files& files() const { return context_.services.system.files(); }
  /// The file that the path names. Nothing when it may not be seen: the call is refused then.
  std::optional<Row> visible(const CallPtr& call, events::AccountId account) const;
  std::optional<Row> visible(const CallPtr& call) const;
  std::optional<Row> visible_by_link(const CallPtr& call) const;
  std::optional<OrderedJson> view(const Row& row, const Request& request) const;
  void send(const CallPtr& call, const Row& row, What what, std::string_view disposition);

  Context& context_;
  Surface& surface_;
};

}  // namespace troupe::http::plexichat
