// The ids that a tokenizer's document gives, before it is built.
#pragma once

#include <boost/json.hpp>
#include <string_view>

namespace vetor {

/// The id that `content` has in the tokenizer of `document`: the model's, else that of a token that
/// is added; -1: none.
int64_t IdInDocument(const boost::json::object& document, std::string_view content);

}  // namespace vetor
