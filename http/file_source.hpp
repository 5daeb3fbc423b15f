// The body of a response from a plain file, read piece by piece while it is sent.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "actors/ask.hpp"
#include "http/message.hpp"

namespace troupe::http {

/// Reads go to `elsewhere`, which runs work on a thread that may block, or says false when too much waits there: the
/// response is then cut off. The file is opened here: what is removed later is still sent whole.
/// Errors: not_found, storage_failed.
Expected<std::shared_ptr<BodySource>> file_source(const std::filesystem::path& file, actors::Elsewhere elsewhere);

}  // namespace troupe::http
