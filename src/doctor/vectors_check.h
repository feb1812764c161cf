// The part of `vetor doctor` that makes vectors: are they sound, and how fast do they come.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "doctor/check_list.h"
#include "vetor/embeddings_service.h"

namespace vetor {

/// Embeds a few short texts in four languages: finite, of length 1 (where the settings normalise),
/// and two that say the same are closer than two that do not.
DoctorCheck CheckSampleTexts(EmbeddingsService* service, bool normalize);

/// What the speed's advice rests on beside the service itself.
struct SpeedContext {
  bool dynamic_int8 = false;           ///< The model's texts run one at a time.
  std::string int8_remedy;             ///< How to use or get an int8 file.
  std::vector<std::string> not_asked;  ///< Accelerators offered but not in the settings.
};

/// Embeds texts of 3 to 60 words, none twice, for about a second. Advice on batch size,
/// quantisation, threads and provider makes it a note.
DoctorCheck CheckSpeed(const EmbeddingsConfig& config, const SpeedContext& speed,
                       const std::stop_token& stop, EmbeddingsService* service);

}  // namespace vetor
