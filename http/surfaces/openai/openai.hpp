// OpenAI's API over the models of this house, for any program that speaks it, and the catalogue that says which models
// those are.
#pragma once

#include "http/security/credentials.hpp"
#include "http/services.hpp"
#include "http/surface.hpp"
#include "http/surfaces/openai/mcp_calls.hpp"
#include "projections/catalogue_queries.hpp"
#include "projections/queries.hpp"

namespace troupe::http {

class OpenAi final : public Surface {
 public:
  explicit OpenAi(Services services);

  std::string_view name() const override { return "openai"; }
  std::string_view title() const override { return "OpenAI-compatible API"; }
  const std::vector<Route>& routes() const override { return routes_; }
  Expected<Caller> authenticate(const Request& request, std::string_view body_token) override;
  Subject bot(std::string_view) const override { return {}; }
  Response error(const Error& error, std::string_view request_id) const override;
  std::string_view not_authenticated_text() const override { return "You didn't provide an API key"; }
  std::string_view wrong_bot_token_text() const override { return "Incorrect API key provided"; }
  OrderedJson security_schemes() const override;
  std::vector<std::string> security_of(const Route&) const override { return {"bearer"}; }
  OrderedJson error_schema() const override;

 private:
  static std::vector<Route> make_routes(OpenAi& self);

  // Models
  void complete(const CallPtr& call);
  void embed(const CallPtr& call);
  void models(const CallPtr& call);
  void model(const CallPtr& call);

  // The catalogue
  void providers(const CallPtr& call);
  void provider(const CallPtr& call);
  void add_provider(const CallPtr& call);
  void change_provider(const CallPtr& call);
  void remove_provider(const CallPtr& call);
  void personalities(const CallPtr& call);
  void personality(const CallPtr& call);
  void add_personality(const CallPtr& call);
  void change_personality(const CallPtr& call);
  void remove_personality(const CallPtr& call);
  void answer_provider(const CallPtr& call, std::string_view id);
  void answer_personality(const CallPtr& call, std::string_view id);

  /// Who is to answer for a name of a model.
  struct Chosen {
    std::string provider, model;
    std::optional<projections::PersonalityRow> personality;
  };
  std::optional<Chosen> chosen(const std::string& name) const;
  OrderedJson model_list() const;

  Services services_;
  projections::Queries queries_;
  projections::ProviderQueries providers_;
  projections::PersonalityQueries personalities_;
  Credentials credentials_;
  McpCalls mcp_calls_;
  std::vector<Route> routes_;
};

}  // namespace troupe::http
