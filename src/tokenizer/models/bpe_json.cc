// Reading a BPE model out of tokenizer.json.
#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/utf8.h"
#include "tokenizer/models/bpe.h"

namespace vetor {

Result<std::unique_ptr<Bpe>> Bpe::Parse(const JsonNode& node, TableReader* tables) {
  std::unique_ptr<Bpe> model(new Bpe());
  VETOR_ASSIGN_OR_RETURN(model->vocabulary_, Vocabulary::Read(node, tables));
  for (size_t byte = 0; byte < 256; ++byte) {
    model->byte_ids_[byte] = model->vocabulary_.Find(fmt::format("<0x{:02X}>", byte));
  }
  for (char32_t c = 0; c < model->character_ids_.size(); ++c) {
    std::string character;
    AppendUtf8(c, &character);
    model->character_ids_[c] = model->vocabulary_.Find(character);
  }
  VETOR_RETURN_IF_ERROR(model->ParseOptions(node));
  if (tables == nullptr) {
    VETOR_RETURN_IF_ERROR(model->ParseMerges(node));
  } else {
    VETOR_ASSIGN_OR_RETURN(model->merges_, MergeTable::Load(tables, model->vocabulary_.id_bound()));
  }
  return model;
}

void Bpe::Save(TableWriter* tables) const {
  vocabulary_.Save(tables);
  merges_.Save(tables);
}

Status Bpe::ParseOptions(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> dropout, node.Find("dropout"));
  if (dropout) {
    VETOR_ASSIGN_OR_RETURN(const double probability, dropout->Number());
    if (probability != 0) return dropout->Unknown("option", "dropout: ids would be random");
  }
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> unknown, node.Find("unk_token"));
  if (unknown) {
    VETOR_ASSIGN_OR_RETURN(const std::string_view token, unknown->String());
    unknown_id_ = vocabulary_.Find(token);
    if (unknown_id_ == Vocabulary::kAbsent) {
      return unknown->Fault(fmt::format("\"{}\" is not in vocab", token));
    }
  }
  for (const auto& [key, member] : {std::pair("continuing_subword_prefix", &prefix_),
                                    std::pair("end_of_word_suffix", &suffix_)}) {
    VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> affix, node.Find(key));
    if (!affix) continue;
    VETOR_ASSIGN_OR_RETURN(const std::string_view text, affix->String());
    *member = text;
  }
  VETOR_ASSIGN_OR_RETURN(fuses_unknown_, node.BoolOr("fuse_unk", false));
  VETOR_ASSIGN_OR_RETURN(falls_back_to_bytes_, node.BoolOr("byte_fallback", false));
  VETOR_ASSIGN_OR_RETURN(ignores_merges_, node.BoolOr("ignore_merges", false));
  if (falls_back_to_bytes_ && (!prefix_.empty() || !suffix_.empty())) {
    return node.Unknown("combination", "byte_fallback with a subword prefix or suffix");
  }
  return Status();
}

Status Bpe::ParseMerges(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const JsonNode merges, node.Get("merges"));
  const auto* elements = merges.value().if_array();
  if (elements == nullptr) return merges.Expected("an array of \"a b\" or [\"a\", \"b\"]");
  std::vector<MergeTable::Merge> list;
  list.reserve(elements->size());
  for (const auto& element : *elements) {
    std::string_view left;
    std::string_view right;
    if (const auto* text = element.if_string()) {
      const std::string_view both(text->data(), text->size());
      const size_t space = both.find(' ');
      // Older files begin with a line that names the version of the format.
      if (both.starts_with("#version")) continue;
      if (space != std::string_view::npos && both.find(' ', space + 1) == std::string_view::npos) {
        left = both.substr(0, space);
        right = both.substr(space + 1);
      }
    } else if (const auto* two = element.if_array(); two != nullptr && two->size() == 2 &&
                                                     (*two)[0].is_string() &&
                                                     (*two)[1].is_string()) {
      left = {(*two)[0].get_string().data(), (*two)[0].get_string().size()};
      right = {(*two)[1].get_string().data(), (*two)[1].get_string().size()};
    }
    const Result<MergeTable::Merge> merge = MakeMerge(left, right);
    if (!merge.ok()) {
      return merges.Fault(fmt::format("merge {}: {}", list.size(), merge.status().message()));
    }
    list.push_back(*merge);
  }
  Result<MergeTable> table = MergeTable::Build(list, vocabulary_.id_bound());
  if (!table.ok()) return merges.Fault(table.status().message());
  merges_ = *std::move(table);
  return Status();
}

Result<MergeTable::Merge> Bpe::MakeMerge(std::string_view left, std::string_view right) const {
  if (left.empty() || right.empty()) {
    return InvalidArgumentError("expected \"a b\" or [\"a\", \"b\"]");
  }
  const auto id_of = [&](std::string_view token) { return vocabulary_.Find(token); };
  if (!right.starts_with(prefix_)) {
    return InvalidArgumentError(fmt::format("\"{}\" lacks the prefix \"{}\"", right, prefix_));
  }
  const std::string merged = std::string(left) + std::string(right.substr(prefix_.size()));
  for (const std::string_view token : {left, right, std::string_view(merged)}) {
    if (id_of(token) == Vocabulary::kAbsent) {
      return InvalidArgumentError(fmt::format("\"{}\" is not in vocab", token));
    }
  }
  return MergeTable::Merge{static_cast<int32_t>(id_of(left)), static_cast<int32_t>(id_of(right)),
                           static_cast<int32_t>(id_of(merged))};
}

}  // namespace vetor
