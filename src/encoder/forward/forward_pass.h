// The native forward pass: texts packed end to end, without padding, through all layers of an
// encoder, in the precision that its weights were packed for.
//
// A group of texts goes depth-first through all layers on one thread, so that its activations stay
// in the second-level cache and no thread waits for another. A group that is the only work is
// shared by a team: each member takes whole heads and columns of a product, never a part of a sum.
// Every sum runs in one order, so a text's bits are the same alone, in any group and by any team.
#pragma once

#include <cstddef>
#include <span>

#include "encoder/forward/packed_encoder.h"
#include "encoder/forward/pass_scratch.h"
#include "encoder/forward/token_rows.h"
#include "kernels/core_team.h"
#include "vetor/status.h"

namespace vetor {

/// Writes last_hidden_state of all texts' tokens, [tokens, hidden], to `states`. `scratch` serves
/// one call at a time. `team` is null, or the team to share the work with if it is free.
/// Thread-safe otherwise. Errors: those of CheckTokens and of PassScratch::Reserve.
Status RunForwardPass(const PackedEncoder& encoder, std::span<const TextTokens> texts,
                      PassScratch* scratch, CoreTeam* team, std::span<float> states);

}  // namespace vetor
