// Presets: what the house calls personalities. Whoever is logged in may read them; administrators change them.
#pragma once

#include "http/surfaces/chatai/context.hpp"

namespace troupe::http::chatai {

class Presets {
 public:
  explicit Presets(Context& context) : context_(context) {}

  void list(const CallPtr& call);
  void show(const CallPtr& call);
  void prompt(const CallPtr& call);
  void create(const CallPtr& call);
  void change(const CallPtr& call);
  void remove(const CallPtr& call);
  void copy(const CallPtr& call);
  void set_default(const CallPtr& call);
  void export_one(const CallPtr& call);
  void import_one(const CallPtr& call);

  /// Ids, names and descriptions.
  OrderedJson briefs() const;
  /// By its id or its name.
  std::optional<projections::PersonalityRow> find(const std::string& id_or_name) const;
  /// The one that answers where none is named.
  std::optional<projections::PersonalityRow> the_default() const;

 private:
  std::optional<projections::PersonalityRow> preset_or_refused(const CallPtr& call) const;
  void add(const CallPtr& call, const Json& fields, std::function<void(const std::string& id)> then);
  void change_to(const CallPtr& call, const std::string& id, Json fields, std::function<void()> then);
  void answer_preset(const CallPtr& call, const std::string& id, Fields more = {}) const;

  Context& context_;
};

}  // namespace troupe::http::chatai
