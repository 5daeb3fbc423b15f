#include "http/surfaces/chatai/memories.hpp"

#include <algorithm>
#include <map>

#include "actors/rules.hpp"

namespace troupe::http::chatai {
namespace {

using actors::NewFact;
using events::AccountId;
using events::FactContent;
using projections::FactRow;

struct Label {
  std::string_view category;
  const char *english, *chinese;
};
constexpr Label kLabels[] = {{"profile", "Profile", "基本信息"}, {"preference", "Preferences", "偏好"},
                             {"event", "Events", "事件"},        {"relation", "Relations", "关系"},
                             {"topic", "Topics", "话题"},        {"custom", "Other", "自定义"}};

bool in_chinese_for(const CallPtr& call) {
  return prefers_chinese(call->request.header("Accept-Language").value_or(""));
}

OrderedJson labels_for(const CallPtr& call) {
  OrderedJson labels = OrderedJson::object();
  for (const auto& label : kLabels)
    labels[std::string(label.category)] = in_chinese_for(call) ? label.chinese : label.english;
  return labels;
}

Error no_such_memory() { return coded(Errc::not_found, "MEMORY_NOT_FOUND", "Memory not found"); }

/// The house's error, in this dialect's words.
Error worded(const Error& error) { return error.message == "No such memory" ? no_such_memory() : error; }

/// An id in a body, which may be written as a number.
Expected<std::string> written_id(const Json& body, const char* field) {
  const auto at = body.find(field);
  if (at == body.end() || at->is_null()) return std::string();
  if (at->is_number_integer()) return at->dump();
  if (at->is_string()) return std::string(trimmed(at->get_ref<const std::string&>()));
  return fail(Errc::invalid, std::string(field) + " must be a string or a number", field);
}

/// Nothing when it is missing. Errors: invalid.
template <class T>
Expected<std::optional<T>> optional_in(const Json& body, const char* field, const char* kind) {
  const auto at = body.find(field);
  if (at == body.end() || at->is_null()) return std::optional<T>();
  try {  // the JSON library's way to say that a value has another type
    return std::optional<T>(at->get<T>());
  } catch (const Json::exception&) {
    return fail(Errc::invalid, std::string(field) + " must be " + kind, field);
  }
}

/// What a body says of a fact; nothing where it says nothing. Errors: invalid.
Expected<actors::FactChange> change_in(const Json& body) {
  actors::FactChange change;
  auto text = optional_in<std::string>(body, "content", "a string");
  auto sub_type = optional_in<std::string>(body, "subType", "a string");
  auto category = optional_in<std::string>(body, "category", "a string");
  auto confidence = optional_in<double>(body, "confidence", "a number");
  for (const auto* word : {&text, &sub_type, &category})
    if (!*word) return tl::unexpected(word->error());
  if (!confidence) return tl::unexpected(confidence.error());
  if (*text) change.text = std::string(trimmed(**text));
  if (*sub_type) change.sub_type = std::string(trimmed(**sub_type));
  change.confidence = *confidence;
  if (*category) {
    change.category = actors::fact_category(**category);
    if (!change.category) return fail(Errc::invalid, "Invalid category", "category");
  }
  if (const auto at = body.find("metadata"); at != body.end() && !at->is_null()) change.metadata = *at;
  return change;
}

}  // namespace

/// Facts as answers have them. Each person and group is looked up once an answer.
class Memories::View {
 public:
  explicit View(const Memories& memories) : memories_(memories) {}

  OrderedJson of(const FactRow& row, const FactContent& content) {
    return {{"id", row.id},
            {"userId", written(row.subject)},
            {"groupId", row.group == 0 ? OrderedJson(nullptr) : OrderedJson(written(row.group))},
            {"category", row.category},
            {"subType", content.sub_type.empty() ? OrderedJson(nullptr) : OrderedJson(content.sub_type)},
            {"content", content.text},
            {"confidence", row.confidence},
            {"source", row.source},
            {"metadata", content.metadata},
            {"createdAt", milliseconds(row.created_at)},
            {"updatedAt", milliseconds(row.updated_at)},
            {"isActive", true}};
  }

  /// Those that can be read.
  OrderedJson of(const std::vector<FactRow>& rows) {
    OrderedJson list = OrderedJson::array();
    for (const auto& row : rows)
      if (const auto content = memories_.queries_.content(row)) list.push_back(of(row, *content));
    return list;
  }

  const std::string& written(AccountId id) {
    const auto [at, is_new] = written_.try_emplace(id);
    if (is_new) at->second = memories_.contacts_.written(id);
    return at->second;
  }

 private:
  const Memories& memories_;
  std::map<AccountId, std::string> written_;
};

Expected<AccountId> Memories::user_in(const Json& body) const {
  const auto id = written_id(body, "userId");
  return id ? contacts_.user(*id) : tl::unexpected(id.error());
}

/// 0 where there is none.
Expected<AccountId> Memories::group_in(const Json& body) const {
  const auto id = written_id(body, "groupId");
  if (!id) return tl::unexpected(id.error());
  return id->empty() ? Expected<AccountId>(0) : contacts_.group(*id);
}

std::optional<AccountId> Memories::user_or_refused(const CallPtr& call) const {
  const auto id = contacts_.user(call->path_parameter("user"));
  if (!id) call->refuse(id.error());
  return id ? std::optional(*id) : std::nullopt;
}

std::optional<FactRow> Memories::fact_or_refused(const CallPtr& call) const {
  const auto id = whole_number(call->path_parameter("memory_id"));
  auto row = id ? queries_.fact(*id) : std::nullopt;
  if (!row) call->refuse(no_such_memory());
  return row;
}

// Reads

void Memories::users(const CallPtr& call) {
  View view(*this);
  OrderedJson list = OrderedJson::array();
  const auto skip = static_cast<std::size_t>(call->query_integer("offset"));
  const auto limit = static_cast<std::size_t>(call->query_integer("limit"));
  for (const auto& subject : queries_.subjects(skip, limit)) {
    std::int64_t count = 0;
    OrderedJson categories = OrderedJson::array();
    for (const auto& [category, facts] : subject.counts) {
      count += facts;
      categories.push_back(category);
    }
    list.push_back({{"userId", view.written(subject.subject)},
                    {"name", contacts_.name_of(subject.subject)},
                    {"count", count},
                    {"lastUpdate", milliseconds(subject.updated_at)},
                    {"categories", std::move(categories)}});
  }
  succeed(call, std::move(list), {{"total", queries_.total_subjects()}});
}

void Memories::stats(const CallPtr& call) {
  OrderedJson by_category = OrderedJson::object();
  for (const auto& label : kLabels) by_category[std::string(label.category)] = queries_.total_of(label.category);
  succeed(call, {{"total", queries_.total()},
                 {"users", queries_.total_subjects()},
                 {"byCategory", std::move(by_category)},
                 {"categories", labels_for(call)}});
}

void Memories::categories(const CallPtr& call) {
  OrderedJson list = OrderedJson::array();
  const OrderedJson labels = labels_for(call);
  for (const auto& [key, label] : labels.items()) list.push_back({{"key", key}, {"name", label}, {"label", label}});
  succeed(call, std::move(list));
}

void Memories::of_user(const CallPtr& call) {
  const auto user = user_or_refused(call);
  if (!user) return;
  const auto format = call->query_text("format").value_or("tree");
  if (format != "tree" && format != "list")
    return call->refuse({Errc::invalid, "format must be tree or list", "format"});
  const auto group = group_in({{"groupId", call->query_text("groupId").value_or("")}});
  if (!group) return call->refuse(group.error());
  auto rows = queries_.facts_of(*user);
  if (*group != 0) std::erase_if(rows, [&](const FactRow& row) { return row.group != *group; });
  View view(*this);
  OrderedJson list = view.of(rows);
  if (format == "list") return succeed(call, std::move(list));
  OrderedJson tree = OrderedJson::object();
  const OrderedJson labels = labels_for(call);
  for (const auto& [category, label] : labels.items())
    tree[category] = {{"label", label}, {"items", OrderedJson::array()}, {"count", 0}};
  for (auto& fact : list) {
    auto& branch = tree[fact["category"].get<std::string>()];
    branch["items"].push_back(std::move(fact));
    branch["count"] = branch["items"].size();
  }
  succeed(call, std::move(tree));
}

void Memories::stats_of_user(const CallPtr& call) {
  const auto user = user_or_refused(call);
  if (!user) return;
  const auto subject = queries_.subject(*user);
  OrderedJson by_category = OrderedJson::object();
  std::int64_t total = 0;
  for (const auto& label : kLabels) {
    const std::string category(label.category);
    const auto count = subject && subject->counts.contains(category) ? subject->counts.at(category) : 0;
    by_category[category] = count;
    total += count;
  }
  succeed(call, {{"userId", contacts_.written(*user)},
                 {"total", total},
                 {"byCategory", std::move(by_category)},
                 {"categories", labels_for(call)},
                 {"lastUpdate", subject ? OrderedJson(milliseconds(subject->updated_at)) : OrderedJson(nullptr)}});
}

void Memories::category_of_user(const CallPtr& call) {
  const auto category = actors::fact_category(call->path_parameter("category"));
  if (!category) return call->refuse({Errc::invalid, "Invalid category", "category"});
  const auto user = user_or_refused(call);
  if (!user) return;
  auto rows = queries_.facts_of(*user);
  std::erase_if(rows, [&](const FactRow& row) { return row.category != *category; });
  succeed(call, View(*this).of(rows));
}

void Memories::of_group(const CallPtr& call) {
  const auto group = contacts_.group(call->path_parameter("group"));
  if (!group) return call->refuse(group.error());
  auto rows = queries_.facts_of(*group);
  const auto learned = queries_.learned_in(*group, static_cast<std::size_t>(call->query_integer("limit")));
  rows.insert(rows.end(), learned.begin(), learned.end());
  succeed(call, View(*this).of(rows));
}

void Memories::show(const CallPtr& call) {
  const auto row = fact_or_refused(call);
  if (!row) return;
  const auto content = queries_.content(*row);
  if (!content) return call->refuse(no_such_memory());
  succeed(call, View(*this).of(*row, *content));
}

void Memories::find(const CallPtr& call, actors::MemoryQuery query) {
  context_.services.system.memories().find(std::move(query), context_.services.then_with<
                                                                 actors::FoundFacts>(call, [this,
                                                                                            call](const auto& found) {
    View view(*this);
    OrderedJson list = OrderedJson::array();
    for (const auto& fact : found.facts) {
      OrderedJson one = view.of(fact.row, fact.content);
      one["similarity"] = fact.similarity;
      list.push_back(std::move(one));
    }
    succeed(call, std::move(list), {{"method", found.model.empty() ? "text" : "vector"}, {"complete", found.complete}});
  }));
}

void Memories::search(const CallPtr& call) {
  const bool by_body = call->route->body == BodyKind::object;
  Json given = call->body;
  if (!by_body)
    for (const char* name : {"query", "userId", "groupId", "category"})
      if (auto text = call->query_text(name)) given[name] = std::move(*text);
  actors::MemoryQuery query;
  query.text = by_body ? call->body_text("query") : std::string(trimmed(call->query_text("query").value_or("")));
  if (query.text.empty()) return call->refuse({Errc::invalid, "query is required", "query"});
  if (actors::length_in_characters(query.text) > defaults::kMaxQueryLength)
    return call->refuse({Errc::invalid,
                         "query must have at most " + std::to_string(defaults::kMaxQueryLength) + " characters",
                         "query"});
  if (const auto user = written_id(given, "userId"); !user || !user->empty()) {
    const auto id = user_in(given);
    if (!id) return call->refuse(id.error());
    query.subject = *id;
  }
  const auto group = group_in(given);
  if (!group) return call->refuse(group.error());
  query.group = *group;
  const auto change = change_in({{"category", given.value("category", Json(nullptr))}});
  if (!change) return call->refuse(change.error());
  query.category = change->category.value_or("");
  query.limit =
      static_cast<std::size_t>(by_body ? call->body_integer("limit").value_or(20) : call->query_integer("limit"));
  find(call, std::move(query));
}

void Memories::list(const CallPtr& call) {
  if (call->query_text("query").value_or("") != "") return search(call);
  const auto user = contacts_.user(call->query_text("userId").value_or(""));
  if (!user) return call->refuse(user.error());
  auto rows = queries_.facts_of(*user);
  std::reverse(rows.begin(), rows.end());
  const auto limit = static_cast<std::size_t>(call->query_integer("limit"));
  if (rows.size() > limit) rows.resize(limit);
  succeed(call, View(*this).of(rows));
}

// Changes

Expected<NewFact> Memories::fact_in(const Json& body) const {
  auto change = change_in(body);
  if (!change) return tl::unexpected(change.error());
  const auto user = user_in(body);
  if (!user) return tl::unexpected(user.error());
  const auto group = group_in(body);
  if (!group) return tl::unexpected(group.error());
  NewFact fact;
  fact.subject = *user;
  fact.group = *group;
  fact.category = change->category.value_or(fact.category);
  fact.confidence = change->confidence.value_or(fact.confidence);
  fact.content = {change->text.value_or(""), change->sub_type.value_or(""),
                  change->metadata.value_or(Json(Json::object()))};
  return fact;
}

void Memories::add(const CallPtr& call) {
  Json body = call->body;
  if (call->route->pattern.find("{user}") != std::string::npos) body["userId"] = call->path_parameter("user");
  auto fact = fact_in(body);
  if (!fact) return call->refuse(fact.error());
  context_.services.system.memories().remember(
      std::move(*fact), call->cause(),
      context_.services.then_with<actors::Remembered>(call, [this, call](const actors::Remembered& remembered) {
        const auto row = queries_.fact(remembered.id);
        const auto content = row ? queries_.content(*row) : std::nullopt;
        if (!content) return call->refuse(no_such_memory());  // forgotten in the same moment
        succeed(call, View(*this).of(*row, *content), {{"merged", remembered.merged}});
      }));
}

void Memories::add_many(const CallPtr& call) {
  const auto given = call->body.find("memories");
  if (given == call->body.end() || given->empty() || given->size() > defaults::kMaxFactsOfRequest)
    return call->refuse({Errc::invalid,
                         "memories must be 1 to " + std::to_string(defaults::kMaxFactsOfRequest) + " objects",
                         "memories"});
  auto results = std::make_shared<OrderedJson>(OrderedJson::array());
  const auto failed = [](const Error& error) {
    return OrderedJson{{"success", false}, {"error", error.message}, {"code", code_of(error)}};
  };
  std::vector<NewFact> facts;
  std::vector<std::size_t> places;
  for (const Json& one : *given) {
    auto fact = one.is_object() ? fact_in(one) : fail(Errc::invalid, "a memory must be an object", "memories");
    results->push_back(fact ? OrderedJson(nullptr) : failed(fact.error()));
    if (!fact) continue;
    fact->source = "import";
    places.push_back(results->size() - 1);
    facts.push_back(std::move(*fact));
  }
  using Results = std::vector<Expected<actors::Remembered>>;
  auto then = context_.services.then_with<Results>(call, [call, results, places, failed](const Results& remembered) {
    for (std::size_t i = 0; i < remembered.size(); ++i)
      (*results)[places[i]] =
          remembered[i] ? OrderedJson{{"success", true}, {"id", remembered[i]->id}, {"merged", remembered[i]->merged}}
                        : failed(remembered[i].error());
    const auto saved =
        std::count_if(results->begin(), results->end(), [](const auto& one) { return one["success"] == true; });
    const auto total = static_cast<std::ptrdiff_t>(results->size());
    succeed(call, {{"total", total}, {"saved", saved}, {"failed", total - saved}, {"results", std::move(*results)}});
  });
  if (facts.empty()) return then(Results{});
  context_.services.system.memories().remember_all(
      std::move(facts), call->cause(), [then = std::move(then)](Results remembered) { then(std::move(remembered)); });
}

void Memories::change(const CallPtr& call) {
  const auto row = fact_or_refused(call);
  if (!row) return;
  for (const char* field : {"userId", "groupId"})
    if (call->body.contains(field))
      return call->refuse({Errc::invalid, std::string(field) + " of a memory cannot be changed", field});
  auto change = change_in(call->body);
  if (!change) return call->refuse(change.error());
  context_.services.system.memories().change(row->id, std::move(*change), call->cause(),
                                             context_.services.then_with<actors::Remembered>(
                                                 call, [this, call](const actors::Remembered&) { show(call); },
                                                 [call](const Error& error) { call->refuse(worded(error)); }));
}

void Memories::answer_merged(const CallPtr& call, const char* method) {
  const auto user = user_or_refused(call);
  if (!user) return;
  context_.services.system.memories().merge(
      *user, call->cause(), context_.services.then_with<actors::Merged>(call, [call, method](const auto& merged) {
        succeed(call,
                {{"success", true}, {"method", method}, {"mergedCount", merged.absorbed}, {"total", merged.left}});
      }));
}

void Memories::merge(const CallPtr& call) { answer_merged(call, "merge"); }

void Memories::summarize(const CallPtr& call) {
  if (call->body_flag("useLLM"))
    return call->refuse({Errc::invalid, "useLLM is not supported: memories are merged without a model", "useLLM"});
  answer_merged(call, "merge");
}

// Forgetting

void Memories::forget(const CallPtr& call, AccountId id) {
  context_.services.system.memories().forget_all_of(
      id, call->cause(), context_.services.then_with<std::size_t>(call, [call](std::size_t count) {
        succeed(call, {{"success", true}, {"deletedCount", count}});
      }));
}

void Memories::remove(const CallPtr& call) {
  const auto row = fact_or_refused(call);
  if (!row) return;
  context_.services.system.memories().forget({row->id}, call->cause(),
                                             context_.services.then_with<std::size_t>(call, [call](std::size_t count) {
                                               if (count == 0)
                                                 return call->refuse(no_such_memory());  // somebody else was quicker
                                               succeed(call, {{"success", true}, {"deletedCount", count}});
                                             }));
}

void Memories::remove_of_user(const CallPtr& call) {
  if (call->route->pattern.find("{user}") != std::string::npos) {
    if (const auto user = user_or_refused(call)) forget(call, *user);
    return;
  }
  Json given = call->body;
  if (auto text = call->query_text("userId")) given["userId"] = std::move(*text);
  const auto user = user_in(given);
  user ? forget(call, *user) : call->refuse(user.error());
}

void Memories::remove_all(const CallPtr& call) {
  if (call->query_text("confirm").value_or("") != "true" && !call->body_flag("confirm"))
    return call->refuse({Errc::invalid, "Confirm with confirm=true", "confirm"});
  context_.services.system.memories().forget_everything(
      call->cause(), context_.services.then_with<std::size_t>(call, [call](std::size_t count) {
        succeed(call, {{"success", true}, {"deletedCount", count}});
      }));
}

void Memories::forget_contact(const CallPtr& call) {
  if (call->query_text("confirm").value_or("") != "true")
    return call->refuse({Errc::invalid, "Confirm with confirm=true", "confirm"});
  const auto& written = call->path_parameter("contact");
  const bool is_group = call->query_text("type").value_or("user") == "group";
  const auto id = is_group ? contacts_.group(written, "contact") : contacts_.user(written, "contact");
  if (!id) return call->refuse(id.error());
  if (!contacts_.queries().exists(*id))
    return call->refuse({Errc::conflict, "This is an account and no contact: delete the account instead", "contact"});
  context_.services.system.forget_contact(*id, call->cause(),
                                          context_.services.then(call, [call](const storage::Record&) {
                                            succeed(call, {{"success", true}}, {{"message", "Contact forgotten"}});
                                          }));
}

}  // namespace troupe::http::chatai
