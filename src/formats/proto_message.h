// Reads one protobuf message field by field, over bytes that stay where they are. It is a thin
// layer over protozero that checks wire types (protozero only asserts them) and skips fields that
// are not read.
//
//   ProtoMessage node(bytes);
//   while (node.Next()) {
//     if (node.field() == 4) op_type = node.Bytes();
//   }
//
// Every method throws a ProtoError if the bytes are malformed; callers catch it at the room's edge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <string_view>

namespace vetor {

/// what() says what is malformed, in a few words.
using ProtoError = protozero::exception;

class ProtoMessage {
 public:
  explicit ProtoMessage(std::string_view bytes) : reader_(bytes.data(), bytes.size()) {}

  /// Moves to the next field; false at the end.
  bool Next() {
    if (unread_) reader_.skip();
    begin_ = reader_.data().data();
    unread_ = reader_.next();
    if (unread_) field_ = reader_.tag();
    return unread_;
  }
  /// The current field's number. It may also be asked for after the value was taken.
  uint32_t field() const { return field_; }

  /// The current field as it stands in the message, with tag and length. It may be asked for before
  /// or after the value is taken; the value cannot be taken afterwards.
  std::string_view Raw() {
    if (unread_) reader_.skip();
    unread_ = false;
    return {begin_, static_cast<size_t>(reader_.data().data() - begin_)};
  }

  /// Whether the field's wire type is that of a message, string or bytes (below: of a whole number
  /// or enum; of a float).
  bool IsBytes() const { return reader_.has_wire_type(protozero::pbf_wire_type::length_delimited); }
  bool IsInt() const { return reader_.has_wire_type(protozero::pbf_wire_type::varint); }
  bool IsFloat() const { return reader_.has_wire_type(protozero::pbf_wire_type::fixed32); }

  /// The value of the current field. REQUIRES: Next() returned true and no value was taken since.
  std::string_view Bytes() {
    Expect(protozero::pbf_wire_type::length_delimited);
    const protozero::data_view view = reader_.get_view();
    return {view.data(), view.size()};
  }
  ProtoMessage Message() { return ProtoMessage(Bytes()); }
  int64_t Int() {
    Expect(protozero::pbf_wire_type::varint);
    return reader_.get_int64();
  }
  float Float() {
    Expect(protozero::pbf_wire_type::fixed32);
    return reader_.get_float();
  }
  /// Calls `take` for each number of a repeated integer field. Writers may pack such a field or
  /// not.
  template <typename Take>
  void Ints(Take take) {
    if (reader_.has_wire_type(protozero::pbf_wire_type::varint)) return take(Int());
    Expect(protozero::pbf_wire_type::length_delimited);
    for (const int64_t value : reader_.get_packed_int64()) take(value);
  }

 private:
  void Expect(protozero::pbf_wire_type type) {
    if (!reader_.has_wire_type(type)) throw protozero::unknown_pbf_wire_type_exception{};
    unread_ = false;
  }

  protozero::pbf_reader reader_;
  const char* begin_ = nullptr;  // Where the current field begins.
  uint32_t field_ = 0;
  bool unread_ = false;
};

}  // namespace vetor
