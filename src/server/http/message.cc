#include "server/http/message.h"

#include "base/ascii.h"

namespace vetor {

bool EqualFieldNames(std::string_view a, std::string_view b) { return EqualIgnoringCase(a, b); }

const std::string* HttpRequestHead::Find(std::string_view name) const {
  for (const HttpField& field : fields) {
    if (EqualFieldNames(field.name, name)) return &field.value;
  }
  return nullptr;
}

}  // namespace vetor
