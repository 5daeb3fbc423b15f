#include "storage/personal_fields.hpp"

#include "events/codec.hpp"
#include "storage/coding.hpp"

namespace troupe::storage {
namespace {

constexpr std::size_t kAccountBytes = 8;

}  // namespace

void seal_fields(Json& row, const Json& personal, events::AccountId account, const std::optional<SealingKey>& key) {
  if (!key) return;
  for (const auto& [name, value] : personal.items()) {
    std::string sealed;
    put_fixed64(sealed, static_cast<std::uint64_t>(account));
    sealed += key->seal(events::to_cbor(value));
    row[name] = Json::binary({sealed.begin(), sealed.end()});
  }
}

Expected<void> open_fields(Json& row, const Secrets& secrets) {
  if (!row.is_object()) return {};
  events::AccountId account = 0;
  std::optional<SealingKey> key;  // a row's fields are one account's
  for (auto field = row.begin(); field != row.end();) {
    if (!field->is_binary()) {
      ++field;
      continue;
    }
    const auto& bytes = field->get_binary();
    const std::string_view sealed(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (sealed.size() < kAccountBytes) return fail(Errc::corrupt, "a sealed field of a row is cut short");
    const auto owner = static_cast<events::AccountId>(read_fixed(sealed.substr(0, kAccountBytes)));
    if (owner != account) key = secrets.personal_key(owner);
    account = owner;
    if (!key) {
      field = row.erase(field);
      continue;
    }
    const auto plain = key->open(sealed.substr(kAccountBytes));
    if (!plain) return tl::unexpected(plain.error());
    auto value = events::from_cbor(*plain);
    if (!value) return tl::unexpected(value.error());
    *field++ = std::move(*value);
  }
  return {};
}

}  // namespace troupe::storage
