// Reads the JSON body of a request field by field. The first thing that is wrong is kept, with the
// name of the field, what was expected and what was found; after it everything reads as absent, so
// that a route reads all its fields and looks once:
//
//   RequestFields fields(family, body);
//   const auto model = fields.String("model");
//   const auto dimensions = fields.Integer("dimensions", 1, 384);
//   if (fields.error()) return Fail(*fields.error());
//
// null is absent, for every field. Fields that are not asked for are ignored, as clients of all
// families send some that only their own service knows.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/error_shape.h"

namespace vetor {

/// Used by one thread. Owns the parsed body.
class RequestFields {
 public:
  /// Strict JSON, at most 64 deep, without keys twice (400 in all families); an object.
  RequestFields(Family family, std::string_view body);

  /// Reads absent fields from the object of that name as well, as older clients of
  /// text-embeddings-inference nest them ("parameters").
  void AlsoIn(std::string_view object_name);

  std::optional<std::string> String(std::string_view name);
  std::optional<bool> Bool(std::string_view name);
  /// 8 or 8.0.
  std::optional<int64_t> Integer(std::string_view name);
  /// One of `choices`.
  std::optional<std::string> Choice(std::string_view name,
                                    std::span<const std::string_view> choices);
  /// A list of `choices`.
  std::optional<std::vector<std::string>> Choices(std::string_view name,
                                                  std::span<const std::string_view> choices);
  /// Texts: one string or a list of strings, which must not be empty. A list of integers, or of
  /// lists of them, is refused with the code token_ids_not_supported and the remedy.
  std::optional<std::vector<std::string>> Texts(std::string_view name);
  /// Whether the field is a list that begins with a number or with a list.
  bool HoldsIds(std::string_view name) const;
  /// Token ids of texts: a list of integers, or a list of such lists, of which each but the outer
  /// one may be empty. An integer above those of int64 becomes the largest.
  std::optional<std::vector<std::vector<int64_t>>> IdLists(std::string_view name);
  /// An object's fields, as those of a body. Null if it is absent or no object.
  const boost::json::object* Object(std::string_view name);
  /// The value, or null if it is absent or null.
  const boost::json::value* Find(std::string_view name) const;

  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  /// Notes that a field is missing.
  void Require(std::string_view name, std::string_view expected);
  /// Notes that field `name` is wrong, and why, with OpenAI's `code` if it has one. The first note
  /// counts.
  void Refuse(std::string_view name, std::string message, std::string code = {});

  const std::optional<ApiError>& error() const { return error_; }

 private:
  void WrongType(std::string_view name, std::string_view expected, const boost::json::value& found);
  std::optional<std::vector<std::string>> ListOfTexts(std::string_view name,
                                                      const boost::json::array& list);
  void RefuseEmptyList(std::string_view name, std::string_view expected);
  std::optional<std::vector<int64_t>> Ids(std::string_view name, const boost::json::array& list,
                                          const std::string& place);
  bool IsChoice(std::string_view name, std::string_view found,
                std::span<const std::string_view> choices);

  const Family family_;
  boost::json::value body_;
  const boost::json::object* nested_ = nullptr;
  std::optional<ApiError> error_;
};

}  // namespace vetor
