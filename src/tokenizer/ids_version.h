// The version of the ids that this code gives. It is part of whatever is stored under a tokenizer.
#pragma once

#include <cstdint>

namespace vetor {

/// Raise it with every change after which some text gets other ids, types or ranges from the same
/// files: a mended normalizer, other Unicode data, another reading of a key. Compiled tokenizers
/// and the fingerprint of a model carry it, so that neither a table nor a vector that the old ids
/// made is used again. A change that only refuses more files, or is only faster, leaves it alone.
///
///   1  until November 2026
///   2  Precompiled (XLM-RoBERTa, T5): controls, pictographs and Indic letters outside the BMP, and
///      a second joiner, end grapheme clusters as in the reference; do_lower_case also counts for
///      vocab.txt and SentencePiece models
///   3  the files beside a tokenizer decide as they do in transformers 4.57.6
///   (folder/folder_rules.h);
///      vocab.txt and SentencePiece models are converted as there
///   4  split_special_tokens, extra_special_tokens and src_lang are followed; without a
///      tokenizer.json, what a file gives a special token's id stands around a text
///   5  a static model's tokenizer.json is read alone, with the truncation that it declares
///   6  an added token is looked for in the form that was special first; null is false for
///      add_bos_token, add_eos_token and do_basic_tokenize; "padding" names a special token;
///      without a tokenizer.json, special tokens are as the class's Python code has them
///   7  T5's </s> and <extra_id_N> as its Python code has them; CodeLlama's prefix_token and kin;
///      BlenderbotSmall reads no add_prefix_space; a token that lost its id is added again; of
///      several SentencePiece models the one that the class names counts
inline constexpr uint32_t kTokenizerIdsVersion = 7;

}  // namespace vetor
