// Providers of language models from a file: a JSON array of objects with the fields that the API takes.
//
//   [{"name": "openai", "base_url": "https://api.openai.com/v1", "keys": ["env:OPENAI_API_KEY"], "model": "gpt-4o-mini"}]
//
// A key `env:NAME` is the environment variable's value, so that the file holds no secret.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/llm/models.hpp"

namespace troupe::http {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Those that are enabled, by priority. Errors: invalid, with the number of the entry and the field at fault.
Expected<std::vector<actors::llm::Provider>> providers_in(std::string_view json, const Environment& environment);

/// The same from a file and this process's environment. Errors: not_found, too_large (kMaxProvidersFileBytes), invalid.
Expected<std::vector<actors::llm::Provider>> providers_of_file(const std::filesystem::path& file);

}  // namespace troupe::http
