#include "formats/proto_rewrite.h"

#include <algorithm>
#include <protozero/pbf_writer.hpp>
#include <span>
#include <utility>

namespace vetor {
namespace {

// `edits` are sorted by their place and all lie inside `message`.
std::string Replace(std::string_view message, std::span<const FieldEdit> edits) {
  std::string bytes;
  for (ProtoMessage field(message); field.Next();) {
    // A copy at the same place, because both the content and the raw bytes of the field are needed.
    ProtoMessage value = field;
    const std::string_view raw = field.Raw();
    for (; !edits.empty() && edits[0].place.empty() && edits[0].place.data() == raw.data();
         edits = edits.subspan(1)) {
      bytes += edits[0].bytes;
    }
    size_t inside = 0;
    const char* end = raw.data() + raw.size();
    while (inside < edits.size() && edits[inside].place.data() < end) ++inside;
    if (inside == 0) {
      bytes += raw;
    } else if (edits[0].place.data() == raw.data()) {
      bytes += edits[0].bytes;
    } else {
      protozero::pbf_writer(bytes).add_message(value.field(),
                                               Replace(value.Bytes(), edits.first(inside)));
    }
    edits = edits.subspan(inside);
  }
  return bytes;
}

}  // namespace

std::string ReplaceFields(std::string_view message, std::vector<FieldEdit> edits) {
  std::sort(edits.begin(), edits.end(), [](const FieldEdit& a, const FieldEdit& b) {
    return std::pair(a.place.data(), a.place.size()) < std::pair(b.place.data(), b.place.size());
  });
  return Replace(message, edits);
}

}  // namespace vetor
