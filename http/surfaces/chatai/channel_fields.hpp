// A channel as requests of this dialect describe it, and as answers show it. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actors/secrets.hpp"
#include "events/catalogue.hpp"
#include "http/route.hpp"

namespace troupe::http::chatai {

/// What stands in answers for a key, before its end; in a request it stands for the key that is there.
inline constexpr std::string_view kMask = "****";
inline std::string masked(const std::string& hint) { return std::string(kMask) + hint; }

/// True of what a client's whole form sends where nothing was filled in: null, empty, `false`, 0, and objects and arrays of
/// nothing else. It asks for nothing, whatever its name.
bool says_nothing(const Json& value);

/// openai, claude or gemini.
std::string adapter_of(const std::string& format);

/// The one that is asked where nobody names one, and the others.
std::vector<std::string> models_of(const events::Provider& provider);

/// The fields of a provider that the body has, keys sealed. Errors: invalid (a field that no channel of this house has, a
/// masked key that is none of `before`'s).
Expected<Json> channel_fields_of(const Json& body, const events::Provider& before, const actors::Secrets& secrets);

/// The base URL where none is given.
const char* usual_base_url(std::string_view format);

}  // namespace troupe::http::chatai
