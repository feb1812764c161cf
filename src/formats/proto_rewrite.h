// A protobuf message with some of its fields replaced and all others copied as they stand.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/proto_message.h"

namespace vetor {

struct FieldEdit {
  /// A whole field inside the message, at any depth, tag and length included: the view of it that a
  /// reader has. Without length: nothing is replaced, `bytes` come in front of the field that
  /// begins there.
  std::string_view place;
  std::string bytes;  ///< Any number of fields that stand there instead.
};

/// `message` with all `edits`, of which none lies inside another; lengths around them are written
/// anew. Throws ProtoError if a field around an edit is not a message.
std::string ReplaceFields(std::string_view message, std::vector<FieldEdit> edits);

}  // namespace vetor
