#include "server/http/message.h"

#include <boost/beast/core/string.hpp>

namespace vetor {

bool EqualFieldNames(std::string_view a, std::string_view b) { return boost::beast::iequals(a, b); }

const std::string* HttpRequestHead::Find(std::string_view name) const {
  for (const HttpField& field : fields) {
    if (EqualFieldNames(field.name, name)) return &field.value;
  }
  return nullptr;
}

}  // namespace vetor
