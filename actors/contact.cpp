#include "actors/contact.hpp"

#include "actors/rules.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using Decision = Expected<std::vector<ContactEvent>>;

/// The first characters of a platform's name for somebody, as one line of UTF-8.
std::string short_name(std::string_view name) {
  std::string line;
  std::size_t characters = 0;
  for (const char c : is_utf8(name) ? name : std::string_view()) {
    const bool begins = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (begins && ++characters > defaults::kMaxUsernameLength) break;
    line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return line;
}

Decision on(const ContactState& state, const MeetContact& c) {
  if (state.exists) return fail(Errc::conflict, "contact exists already", "id");
  if (auto ok = check_line("foreign_id", c.foreign_id, defaults::kMaxForeignIdLength); !ok)
    return tl::unexpected(ok.error());
  return {{ContactMet{c.id, c.platform, c.is_group, c.foreign_id, short_name(c.name)}}};
}

Decision on(const ContactState& state, const RenameContact& c) {
  const std::string name = short_name(c.name);
  if (name.empty() || name == state.name) return std::vector<ContactEvent>{};
  return {{ContactRenamed{state.id, name}}};
}

Decision on(const ContactState& state, const ForgetContact&) { return {{ContactForgotten{state.id, state.platform}}}; }

}  // namespace

Decision ContactDecider::decide(const State& state, const Command& command, Micros) {
  if ((!state.exists || state.forgotten) && !std::holds_alternative<MeetContact>(command))
    return fail(Errc::not_found, "No such contact");
  return std::visit([&](const auto& c) { return on(state, c); }, command);
}

void ContactDecider::evolve(State& state, const Event& event, Micros) {
  std::visit(
      Overloaded{
          [&](const ContactMet& e) { state = {true, false, e.id, e.platform, e.is_group, e.foreign_id, e.name}; },
          [&](const ContactRenamed& e) { state.name = e.name; },
          [&](const ContactForgotten&) { state.forgotten = true; },
      },
      event);
}

std::vector<Claim> ContactDecider::claims(const State& before, const Event& event) {
  if (const auto* met = std::get_if<ContactMet>(&event))
    return {take(contact_claim(met->platform, met->is_group, met->foreign_id))};
  if (std::holds_alternative<ContactForgotten>(event))
    return {release(contact_claim(before.platform, before.is_group, before.foreign_id))};
  return {};
}

}  // namespace troupe::actors
