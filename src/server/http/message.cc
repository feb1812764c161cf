#include "server/http/message.h"

#include <algorithm>

#include "base/ascii.h"

namespace vetor {
bool EqualFieldNames(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return AsciiLower(x) == AsciiLower(y); });
}

const std::string* HttpRequestHead::Find(std::string_view name) const {
  for (const HttpField& field : fields) {
    if (EqualFieldNames(field.name, name)) return &field.value;
  }
  return nullptr;
}

}  // namespace vetor
