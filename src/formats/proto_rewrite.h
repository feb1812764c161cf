// Replaces some fields of a protobuf message and copies all others as they stand.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/proto_message.h"

namespace vetor {

struct FieldEdit {
  /// The view that a reader has of a whole field of the message, at any depth, with tag and length.
  /// If its length is 0, nothing is replaced, and `bytes` are put in front of the field that begins
  /// there.
  std::string_view place;
  std::string bytes;  ///< Any number of fields, which take its place.
};

/// Returns `message` with all `edits`, none of which may lie inside another; the lengths around
/// them are written anew. Throws ProtoError if a field around an edit is not a message.
std::string ReplaceFields(std::string_view message, std::vector<FieldEdit> edits);

}  // namespace vetor
