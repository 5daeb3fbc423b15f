// Personal data within rows. A row is patched field by field without being read, so each such field has its own seal:
//
//   sealed field := CBOR byte string of account:fixed64 nonce ciphertext tag   (of the value as CBOR)
//
// No other field of a row is a byte string.
#pragma once

#include "events/json.hpp"
#include "storage/secrets.hpp"

namespace troupe::storage {

/// Adds the fields of `personal` to `row`, sealed; without a key they are left out.
void seal_fields(Json& row, const Json& personal, events::AccountId account, const std::optional<SealingKey>& key);

/// Opens the sealed fields in place; those whose key was thrown away are left out. Errors: corrupt.
Expected<void> open_fields(Json& row, const Secrets& secrets);

}  // namespace troupe::storage
