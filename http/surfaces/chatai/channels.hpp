// Channels: the accounts with providers of models, which the house calls providers. Of a key there is only ever its end.
#pragma once

#include <map>

#include "actors/llm/models.hpp"
#include "http/surfaces/chatai/context.hpp"
#include "projections/usage_queries.hpp"

namespace troupe::http::chatai {

class Channels {
 public:
  explicit Channels(Context& context);

  void list_all(const CallPtr& call);
  void show(const CallPtr& call);
  void create(const CallPtr& call);
  void change(const CallPtr& call);
  void remove(const CallPtr& call);
  /// One by its id, or one that is described in the body and not kept.
  void test(const CallPtr& call);
  void test_model(const CallPtr& call);
  void test_models(const CallPtr& call);
  /// Which models it has, by its own word; a channel as of `test`.
  void fetch_models(const CallPtr& call);
  void stats(const CallPtr& call);

  /// Those of the catalogue, oldest first.
  OrderedJson list() const;
  /// Ends the tests that are under way.
  void stop() { tester_.stop(); }

 private:
  /// What the last test since the start found.
  struct Tested {
    Micros at = 0;
    std::string error;  ///< empty: it answered
  };
  /// One of several tests that answer together.
  struct Batch;

  OrderedJson view(const projections::ProviderRow& row) const;
  std::optional<projections::ProviderRow> channel_or_refused(const CallPtr& call, const std::string& id) const;
  Expected<events::Provider> described_in(const Json& body) const;
  /// To ask it by itself, whether or not it is enabled. Errors: invalid, corrupt (a key does not open).
  Expected<actors::llm::Provider> to_ask(const events::Provider& entry) const;
  /// Says hello to a model; `done` on the loop's thread.
  void ask(const actors::llm::Provider& provider, const std::string& model,
           std::function<void(Expected<actors::llm::ChatAnswer>)> done);
  void note(const std::string& id, const Expected<actors::llm::ChatAnswer>& answer, Micros now);
  void test_next(const std::shared_ptr<Batch>& batch);
  void answer_channel(const CallPtr& call, const std::string& id) const;

  Context& context_;
  projections::UsageQueries usage_;
  std::map<std::string, Tested> tested_;  ///< by id
  actors::llm::Models tester_;            ///< asks nobody on its own account
};

}  // namespace troupe::http::chatai
