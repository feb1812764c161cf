// NFC, NFD, NFKC, NFKD (UAX #15) with the reference's data, Unicode 9.0: a character that is newer
// stays as it is and has combining class 0.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace vetor::unicode {

enum class NormalizationForm { kNfc, kNfd, kNfkc, kNfkd };

/// One code point of a normalized text, and how many code points of the source it stands for. The
/// sum over all is the source's length: a decomposed character counts on its first part, and a
/// composed one adds up its parts.
struct NormalizedCodePoint {
  char32_t code_point;
  uint32_t source_count;
};

/// Appends the full decomposition of `c`, which is `c` itself if there is none.
void AppendDecomposition(char32_t c, bool compatibility, std::vector<char32_t>* out);

/// From 0 to 240.
uint8_t CombiningClassOf(char32_t c);

/// The primary composite of two characters; 0 if there is none.
char32_t Compose(char32_t first, char32_t second);

/// True if normalizing does not change `c` and no neighbour can reach across it. Such a character
/// ends every run that must be looked at together. It may still attract a mark that follows it.
bool IsStable(char32_t c, NormalizationForm form);

/// The quick check of UAX #15, which goes from left to right: true if `c` neither changes nor moves
/// nor joins the character before it. `last_class` is the combining class of the character before
/// (0 at the beginning), and becomes that of `c`.
bool StaysInPlace(char32_t c, NormalizationForm form, uint8_t* last_class);

/// Replaces `out` with the normalized form of `source`.
void Normalize(std::u32string_view source, NormalizationForm form,
               std::vector<NormalizedCodePoint>* out);

}  // namespace vetor::unicode
