#include "actors/llm/wire.hpp"

namespace troupe::actors::llm {

const Wire& wire_of(Format format) {
  switch (format) {
    case Format::anthropic: return kAnthropicWire;
    case Format::gemini: return kGeminiWire;
    case Format::openai: break;
  }
  return kOpenAiWire;
}

Expected<Embeddings> checked(Embeddings embeddings, std::size_t texts) {
  const auto& vectors = embeddings.vectors;
  if (vectors.size() != texts) return fail(Errc::corrupt, "not one embedding for each text");
  for (const auto& vector : vectors)
    if (vector.empty() || vector.size() != vectors.front().size())
      return fail(Errc::corrupt, "embeddings of no common dimension");
  return embeddings;
}

}  // namespace troupe::actors::llm
