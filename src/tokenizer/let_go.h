// Frees the memory that a huge text made a thread take.
#pragma once

namespace vetor {

/// Empties a buffer and frees its memory, which `buffer = {}` keeps.
template <typename Buffer>
void LetGoOf(Buffer* buffer) {
  *buffer = Buffer();
}

}  // namespace vetor
