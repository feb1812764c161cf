// The part of `vetor doctor --speed`: what other precisions of the model would give.
#pragma once

#include <stop_token>

#include "doctor/check_list.h"
#include "vetor/embeddings_service.h"

namespace vetor {

/// Opens the model in bf16 and int8, each if `service` does not run in it, and embeds the texts of
/// CheckSpeed with it and with `service` in turns, for about a second each. One line for each
/// precision: its rate beside that of `service`, or why the model does not give it. `config` is
/// that of `service`.
DoctorCheck CheckPrecisions(const EmbeddingsConfig& config, const std::stop_token& stop,
                            EmbeddingsService* service);

}  // namespace vetor
