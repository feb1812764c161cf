// Keys that the rules of a folder put into the document beside those of tokenizer.json. A file that
// has them itself is read without them.
#pragma once

namespace vetor {

/// The normalizer under which the contents of added tokens are looked for, if it is not the one of
/// texts. transformers makes added tokens ready before it replaces the normalizer.
inline constexpr const char* kAddedTokensNormalizer = "vetor:added_tokens_normalizer";

/// Tokens that are added after those of "added_tokens": an array of content and flags
/// (FolderToken::Flags) in turn. An object of seven members per token would take ten times the
/// memory.
inline constexpr const char* kTokensOfFolder = "vetor:tokens_of_folder";

/// True: no special token is found in a text (split_special_tokens).
inline constexpr const char* kSplitSpecialTokens = "vetor:split_special_tokens";

inline constexpr const char* kOwnKeys[] = {kAddedTokensNormalizer, kTokensOfFolder,
                                           kSplitSpecialTokens};

}  // namespace vetor
