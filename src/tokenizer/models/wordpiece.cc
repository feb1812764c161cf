#include "tokenizer/models/wordpiece.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "base/utf8.h"

namespace vetor {
namespace {

bool HasMoreCharactersThan(std::string_view text, size_t limit) {
  if (text.size() <= limit) return false;
  const auto is_lead = [](char c) { return !IsContinuationByte(c); };
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), is_lead)) > limit;
}

}  // namespace

Result<std::unique_ptr<WordPiece>> WordPiece::Parse(const JsonNode& node, TableReader* tables) {
  Options options;
  VETOR_ASSIGN_OR_RETURN(options.unknown_token, node.StringAt("unk_token"));
  VETOR_ASSIGN_OR_RETURN(options.continuation_prefix, node.StringAt("continuing_subword_prefix"));
  VETOR_ASSIGN_OR_RETURN(const JsonNode max_characters, node.Get("max_input_chars_per_word"));
  VETOR_ASSIGN_OR_RETURN(const int64_t limit, max_characters.Integer(0, INT32_MAX));
  options.max_characters = static_cast<size_t>(limit);
  VETOR_ASSIGN_OR_RETURN(Vocabulary vocabulary, Vocabulary::Read(node, tables));
  return Make(std::move(vocabulary), options, node, tables);
}

Result<std::unique_ptr<WordPiece>> WordPiece::Make(Vocabulary vocabulary, const Options& options,
                                                   const JsonNode& place, TableReader* tables) {
  std::unique_ptr<WordPiece> model(new WordPiece());
  model->vocabulary_ = std::move(vocabulary);
  model->max_characters_ = options.max_characters;
  model->unknown_id_ = model->vocabulary_.Find(options.unknown_token);
  if (model->unknown_id_ == Vocabulary::kAbsent) {
    return place.Fault(fmt::format("unk_token \"{}\" is not in vocab, which has {} tokens",
                                   options.unknown_token, model->vocabulary_.size()));
  }
  if (tables == nullptr) {
    model->BuildTries(options.continuation_prefix);
    return model;
  }
  const size_t ids = model->vocabulary_.id_bound();
  VETOR_ASSIGN_OR_RETURN(model->starts_, PrefixTrie::Load(tables, ids));
  VETOR_ASSIGN_OR_RETURN(model->continuations_, PrefixTrie::Load(tables, ids));
  return model;
}

void WordPiece::BuildTries(std::string_view prefix) {
  std::vector<PrefixTrie::Key> starts;
  std::vector<PrefixTrie::Key> continuations;
  for (size_t id = 0; id < vocabulary_.id_bound(); ++id) {
    const std::string_view token = vocabulary_.Token(static_cast<int64_t>(id));
    const auto value = static_cast<int32_t>(id);
    if (!token.empty()) starts.push_back({token, value});
    if (token.size() > prefix.size() && token.starts_with(prefix)) {
      continuations.push_back({token.substr(prefix.size()), value});
    }
  }
  starts_ = PrefixTrie::Build(starts);
  continuations_ = PrefixTrie::Build(continuations);
}

void WordPiece::Save(TableWriter* tables) const {
  vocabulary_.Save(tables);
  starts_.Save(tables);
  continuations_.Save(tables);
}

std::unique_ptr<ModelScratch> WordPiece::NewScratch() const {
  return std::make_unique<ModelScratch>();
}

void WordPiece::Tokenize(std::string_view piece, ModelScratch* /*scratch*/, TokenSink* sink) const {
  if (HasMoreCharactersThan(piece, max_characters_)) {
    sink->Add(unknown_id_, 0, piece.size());
  } else {
    TokenizeShort(piece, sink);
  }
}

void WordPiece::TokenizeShort(std::string_view piece, TokenSink* sink) const {
  const size_t before = sink->size();
  const PrefixTrie* trie = &starts_;
  for (size_t begin = 0; begin < piece.size();) {
    const PrefixTrie::Match match = trie->Longest(piece.substr(begin));
    if (match.value < 0) {
      sink->Truncate(before);
      sink->Add(unknown_id_, 0, piece.size());
      return;
    }
    sink->Add(match.value, begin, begin + match.size);
    begin += match.size;
    trie = &continuations_;
  }
}

}  // namespace vetor
