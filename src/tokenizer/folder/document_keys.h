// Keys that the rules of a folder add to the document. If a tokenizer.json has one of these keys
// itself, it is read without it.
#pragma once

namespace vetor {

/// The normalizer for the contents of added tokens, if it differs from that of texts. transformers
/// prepares added tokens before it replaces the normalizer.
inline constexpr const char* kAddedTokensNormalizer = "vetor:added_tokens_normalizer";

/// Tokens that are added after those of "added_tokens". The array holds content and flags
/// (FolderToken::Flags) in turn, because one object of seven members per token would take ten times
/// the memory.
inline constexpr const char* kTokensOfFolder = "vetor:tokens_of_folder";

/// If it is true, no special token is found in a text (split_special_tokens).
inline constexpr const char* kSplitSpecialTokens = "vetor:split_special_tokens";

inline constexpr const char* kOwnKeys[] = {kAddedTokensNormalizer, kTokensOfFolder,
                                           kSplitSpecialTokens};

}  // namespace vetor
