// A protobuf message with some of its fields replaced and all others copied as they stand.
#pragma once

#include <cstdint>
#include <optional>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>

#include "formats/proto_message.h"

namespace vetor {

/// `message` with fields replaced: `replace` is given the number and content of each field that is
/// a message, and returns its new content, or nullopt if it stays. Returns nullopt if all of them
/// stay. Throws ProtoError.
template <typename Replace>
std::optional<std::string> RewriteMessage(std::string_view message, Replace replace) {
  std::optional<std::string> bytes;
  for (ProtoMessage field(message); field.Next();) {
    std::optional<std::string> content;
    ProtoMessage value = field;  // A copy at the same place: content and raw bytes of one field.
    const std::string_view raw = field.Raw();
    if (value.IsBytes()) content = replace(value.field(), value.Bytes());
    if (content && !bytes) {
      bytes.emplace(message.substr(0, static_cast<size_t>(raw.data() - message.data())));
    }
    if (content) {
      protozero::pbf_writer(*bytes).add_message(value.field(), *content);
    } else if (bytes) {
      *bytes += raw;
    }
  }
  return bytes;
}

}  // namespace vetor
