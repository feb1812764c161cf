// Tokenizers of models that ship no tokenizer.json: the same parts from older files.
#pragma once

#include <filesystem>

#include "tokenizer/pipeline.h"

namespace vetor {

/// BERT's vocab.txt: one token a line, its id the line's number. do_lower_case, strip_accents and
/// tokenize_chinese_chars come from tokenizer_config.json beside it (absent: true, as
/// do_lower_case, true); the rest is BERT's: WordPiece with "##" and 100 characters, [CLS] A [SEP]
/// B [SEP].
Result<Pipeline::Parts> ReadVocabTxt(const std::filesystem::path& path);

/// A SentencePiece Unigram model. "spiece.model" is taken as T5's (pieces as they are, 100
/// <extra_id_N>, A </s>), any other name as XLM-R's (<s> <pad> </s> <unk>, pieces from the fourth
/// on, <mask>; <s> A </s></s> B </s>). The pipeline is the one that these models' own
/// tokenizer.json declare: Precompiled, WhitespaceSplit, Metaspace. Newer converters emit a
/// different one (Strip, Replace), which no published XLM-R file has. Errors: DATA_LOSS for a
/// damaged file, UNIMPLEMENTED for a model that is not Unigram.
Result<Pipeline::Parts> ReadSentencePieceModel(const std::filesystem::path& path);

}  // namespace vetor
