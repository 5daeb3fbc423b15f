// The settings of a group (events/group.hpp) in this dialect's words, and changes of them. Pure.
//
// The two forms of its documentation are one here: answers hold both, requests may use either. Where both stand in one
// request, `triggers`, which says more, counts before `triggerMode` and `customPrefix`.
#pragma once

#include "events/group.hpp"
#include "http/surfaces/chatai/channel_fields.hpp"

namespace troupe::http::chatai {

OrderedJson group_view(const events::GroupSettings& settings);
/// One part of it each.
OrderedJson triggers_view(const events::GroupSettings& settings);
OrderedJson group_tools_view(const events::GroupTools& tools);
OrderedJson limits_view(const events::GroupLimits& limits);
/// Of a key there is only its end.
OrderedJson group_channel_view(const std::optional<events::GroupChannel>& channel);

/// What a request changes, as of actors::ChangeGroup. Errors: invalid, with the name of what is no setting of a group
/// here, or of the wrong type. What no group of this house has, and what a request asks nothing of, is left alone.
Expected<Json> group_patch(const Json& body, const events::GroupSettings& before, const actors::Secrets& secrets);
/// The same of one part, whose fields the body holds itself.
Expected<Json> triggers_patch(const Json& body);
Expected<Json> group_tools_patch(const Json& body);
Expected<Json> limits_patch(const Json& body);
Expected<Json> group_channel_patch(const Json& body, const events::GroupSettings& before,
                                   const actors::Secrets& secrets);

/// As the house's own rules name a field, in this dialect's words.
std::string group_field(const std::string& field);

/// The group's channel as a provider, to be tested or asked for its models.
events::Provider provider_of(const events::GroupChannel& channel);

}  // namespace troupe::http::chatai
