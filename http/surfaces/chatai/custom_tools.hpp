// Tools that administrators write in Lua.
#pragma once

#include "http/message.hpp"
#include "http/surface.hpp"
#include "http/surfaces/chatai/context.hpp"

namespace troupe::http::chatai {

class CustomTools {
 public:
  CustomTools(Context& context, const Surface& surface)
      : context_(context), surface_(surface), entries_(context.services.store) {}

  void list(const CallPtr& call);
  void show(const CallPtr& call);
  /// JSON, or a form with a file: `name.lua` with the code, or `name.json` with the fields.
  Expected<std::shared_ptr<BodySink>> sink(const Call& call) const;
  void add(const CallPtr& call);
  void change(const CallPtr& call);
  void remove(const CallPtr& call);

 private:
  std::optional<projections::CustomToolRow> tool_or_refused(const CallPtr& call) const;
  void answer_tool(const CallPtr& call, const std::string& id) const;

  Context& context_;
  const Surface& surface_;
  projections::CustomToolQueries entries_;
};

/// The fields of an entry that a body has, in either of their names. Errors: invalid.
Expected<Json> custom_tool_fields(const Json& body);

}  // namespace troupe::http::chatai
