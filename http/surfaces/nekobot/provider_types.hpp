// The kinds of services that this dialect knows, with the wire format of each and where it is found. Pure.
#pragma once

#include <span>
#include <string_view>

#include "events/catalogue.hpp"

namespace troupe::http::nekobot {

struct ProviderType {
  std::string_view name, format;
  std::string_view base_url;  ///< where none is given
  std::string_view model;     ///< where none is given
  bool needs_key = true;
};

std::span<const ProviderType> provider_types();
/// Null where there is none of that name.
const ProviderType* provider_type_named(std::string_view name);

/// What the provider was added as, or what comes nearest to its format.
std::string_view type_of(const events::Provider& provider);

/// A base URL as it is to be stored: the type's own where none is given, and with the type's path where one has none.
std::string base_url_of(const ProviderType& type, std::string_view given);

}  // namespace troupe::http::nekobot
