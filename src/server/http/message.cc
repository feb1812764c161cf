#include "server/http/message.h"

#include <algorithm>

namespace vetor {
namespace {

char LowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool EqualFieldNames(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return LowerCase(x) == LowerCase(y); });
}

const std::string* HttpRequestHead::Find(std::string_view name) const {
  for (const HttpField& field : fields) {
    if (EqualFieldNames(field.name, name)) return &field.value;
  }
  return nullptr;
}

}  // namespace vetor
