// CRC-32C (Castagnoli polynomial, RFC 3720 appendix B.4), with the processor's own instruction where it has one.
#pragma once

#include <cstdint>
#include <string_view>

namespace troupe::storage {

/// The checksum of what `crc` was computed over followed by `bytes`; start with 0.
std::uint32_t crc32c(std::uint32_t crc, std::string_view bytes);

}  // namespace troupe::storage
