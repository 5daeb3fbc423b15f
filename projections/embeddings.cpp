// The newest vector of each message and file.
#include "projections/changes.hpp"
#include "projections/session_keys.hpp"

namespace troupe::projections {

void project(const events::EmbeddingEvent& event, const Context&, Rows& rows) {
  const auto& e = std::get<events::TextEmbedded>(event);
  rows.push_back(put_row(e.file.empty() ? message_key(e.session, e.number) : e.file,
                         EmbeddingRow{e.model, e.text_of, e.key_of, e.sealed_vector}));
}

}  // namespace troupe::projections
