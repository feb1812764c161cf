#include "tokenizer/decoders/decoder_json.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/utf8.h"
#include "tokenizer/decoders/byte_decoders.h"
#include "tokenizer/decoders/simple_decoders.h"
#include "tokenizer/decoders/word_decoders.h"
#include "tokenizer/pre_tokenizers/metaspace.h"
#include "tokenizer/text_pattern.h"

namespace vetor {
namespace {

using DecoderResult = Result<std::unique_ptr<Decoder>>;

template <typename T, typename... Arguments>
DecoderResult MakeDecoder(Arguments&&... arguments) {
  return std::unique_ptr<Decoder>(std::make_unique<T>(std::forward<Arguments>(arguments)...));
}

DecoderResult ParseWordPieceDecoder(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const std::string_view prefix, node.StringAt("prefix"));
  VETOR_ASSIGN_OR_RETURN(const bool cleanup, node.BoolAt("cleanup"));
  return MakeDecoder<WordPieceDecoder>(std::string(prefix), cleanup);
}

DecoderResult ParseBpeDecoder(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const std::string_view suffix, node.StringAt("suffix"));
  return MakeDecoder<BpeDecoder>(std::string(suffix));
}

DecoderResult ParseCtcDecoder(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const std::string_view pad, node.StringAt("pad_token"));
  VETOR_ASSIGN_OR_RETURN(const std::string_view between, node.StringAt("word_delimiter_token"));
  VETOR_ASSIGN_OR_RETURN(const bool cleanup, node.BoolAt("cleanup"));
  return MakeDecoder<CtcDecoder>(std::string(pad), std::string(between), cleanup);
}

// The decoder has the keys of the pre-tokenizer, older ones included.
DecoderResult ParseMetaspaceDecoder(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const std::unique_ptr<Metaspace> metaspace, Metaspace::Parse(node));
  const bool prepends = metaspace->prepend() != Metaspace::PrependScheme::kNever;
  return MakeDecoder<MetaspaceDecoder>(metaspace->replacement(), prepends);
}

DecoderResult ParseReplaceDecoder(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const JsonNode pattern_node, node.Get("pattern"));
  VETOR_ASSIGN_OR_RETURN(TextPattern pattern, TextPattern::Parse(pattern_node));
  VETOR_ASSIGN_OR_RETURN(const std::string_view content, node.StringAt("content"));
  return MakeDecoder<ReplaceDecoder>(std::move(pattern), std::string(content));
}

DecoderResult ParseStripDecoder(const JsonNode& node) {
  constexpr int64_t kMost = INT64_MAX;
  VETOR_ASSIGN_OR_RETURN(const JsonNode content_node, node.Get("content"));
  VETOR_ASSIGN_OR_RETURN(const std::string_view content, content_node.String());
  size_t first_end = 0;
  if (!content.empty()) DecodeUtf8(content, &first_end);
  if (content.empty() || first_end != content.size()) return content_node.Expected("one character");
  VETOR_ASSIGN_OR_RETURN(const JsonNode start_node, node.Get("start"));
  VETOR_ASSIGN_OR_RETURN(const int64_t start, start_node.Integer(0, kMost));
  VETOR_ASSIGN_OR_RETURN(const JsonNode stop_node, node.Get("stop"));
  VETOR_ASSIGN_OR_RETURN(const int64_t stop, stop_node.Integer(0, kMost));
  return MakeDecoder<StripDecoder>(std::string(content), static_cast<size_t>(start),
                                   static_cast<size_t>(stop));
}

DecoderResult ParseDecoderSequence(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const JsonNode list, node.Get("decoders"));
  VETOR_ASSIGN_OR_RETURN(const std::vector<JsonNode> elements, list.Elements());
  std::vector<std::unique_ptr<Decoder>> steps;
  for (const JsonNode& element : elements) {
    VETOR_ASSIGN_OR_RETURN(std::unique_ptr<Decoder> step, ParseDecoder(element));
    steps.push_back(std::move(step));
  }
  return MakeDecoder<DecoderSequence>(std::move(steps));
}

}  // namespace

DecoderResult ParseDecoder(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const std::string_view type, node.TypeName());
  if (type == "WordPiece") return ParseWordPieceDecoder(node);
  if (type == "ByteLevel") return MakeDecoder<ByteLevelDecoder>();
  if (type == "Metaspace") return ParseMetaspaceDecoder(node);
  if (type == "BPEDecoder") return ParseBpeDecoder(node);
  if (type == "ByteFallback") return MakeDecoder<ByteFallbackDecoder>();
  if (type == "Fuse") return MakeDecoder<FuseDecoder>();
  if (type == "Strip") return ParseStripDecoder(node);
  if (type == "Replace") return ParseReplaceDecoder(node);
  if (type == "CTC") return ParseCtcDecoder(node);
  if (type == "Sequence") return ParseDecoderSequence(node);
  return node.Unknown("decoder", type);
}

}  // namespace vetor
