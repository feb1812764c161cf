// How a thread gives back what a huge text made it take.
#pragma once

namespace vetor {

/// Empties a buffer and frees its memory, which `buffer = {}` keeps.
template <typename Buffer>
void LetGoOf(Buffer* buffer) {
  *buffer = Buffer();
}

}  // namespace vetor
