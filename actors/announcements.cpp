// Talks: what bots say unasked.
#include "actors/rules.hpp"
#include "actors/talks.hpp"
#include "events/codec.hpp"
#include "projections/catalogue_queries.hpp"

namespace troupe::actors {
namespace {

using storage::RecordPtr;

/// How often the contact and its talk are looked for again, where somebody else makes them meanwhile.
constexpr int kMaxOpenings = 3;

Cause of_the_plugin(const Announcement& text) { return {"plugin/" + text.plugin, {}, now_micros(), {}}; }

}  // namespace

void Talks::announce(Announcement text, std::function<void(Expected<void>)> said) {
  announce(std::move(text), std::move(said), 0);
}

void Talks::announce(Announcement text, std::function<void(Expected<void>)> said, int attempts) {
  const auto work = [this, text = std::move(text), said, attempts] {
    if (ending_) return said(fail(Errc::shutting_down, "the server is ending"));
    if (!projections::PlatformQueries(house_.store).entry(text.platform))
      return said(fail(Errc::not_found, "there is no platform " + text.platform, "platform"));
    const auto again = [this, text, said, attempts](const Expected<RecordPtr>& result) {
      // Somebody else made it: it is there now.
      if (!result && result.error().code != Errc::conflict) return said(tl::unexpected(result.error()));
      if (attempts >= kMaxOpenings) return said(fail(Errc::overloaded, "the conversation cannot be opened"));
      announce(text, said, attempts + 1);
    };
    const auto owner = contacts_.find(text.platform, text.in_group, text.to);
    if (!owner) return house_.meet_contact({0, text.platform, text.in_group, text.to, {}}, of_the_plugin(text), again);
    const std::string name = std::to_string(*owner);
    const auto session = sessions_.talk_named(name);
    if (!session) {
      CreateSession talk;
      talk.kind = events::kTalkSession;
      talk.owner = *owner;
      talk.name = name;
      return house_.conversations.create(std::move(talk), {}, of_the_plugin(text), again);
    }
    auto sealed = house_.secrets.seal_for(*owner, text.text);
    if (!sealed) return said(tl::unexpected(sealed.error()));
    house_.conversations.ask_session(*session, Announce{*owner, std::move(*sealed), text.plugin}, of_the_plugin(text),
                                     [this, said, session = *session](Expected<RecordPtr> result) {
                                       if (!result) return said(tl::unexpected(result.error()));
                                       said({});
                                       for (const auto& stored : (*result)->events) {
                                         if (stored.type != events::MessageAnnounced::type) continue;
                                         if (const auto announced = events::decode_as<events::MessageAnnounced>(stored))
                                           send(session, announced->number);
                                       }
                                     });
  };
  if (!house_.elsewhere(work)) said(fail(Errc::overloaded, "too many texts wait to be said"));
}

}  // namespace troupe::actors
