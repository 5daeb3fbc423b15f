// The OpenAPI 3.1 document, made from the route tables.
#pragma once

#include <vector>

#include "http/surface.hpp"

namespace troupe::http {

OrderedJson openapi_document(const std::vector<Surface*>& surfaces);

}  // namespace troupe::http
