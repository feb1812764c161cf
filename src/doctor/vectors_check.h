// The part of `vetor doctor` that makes vectors: are they sound, and how fast do they come.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "doctor/check_list.h"
#include "vetor/embeddings_service.h"

namespace vetor {

/// Embeds a few short texts in four languages: finite, of length 1 (where the settings normalise),
/// and two that say the same are closer than two that do not.
DoctorCheck CheckSampleTexts(EmbeddingsService* service, bool normalize);

/// What a service embedded in about a second.
struct EmbeddingSpeed {
  uint64_t texts = 0;
  uint64_t tokens = 0;
  double seconds = 0;
  double tokens_per_second() const { return static_cast<double>(tokens) / seconds; }
};

/// Embeds texts of 3 to 60 words, none twice, for about a second. Errors: those of Embed, and
/// CANCELLED if `stop` is requested.
Result<EmbeddingSpeed> MeasureSpeed(const std::stop_token& stop, EmbeddingsService* service);

/// What the speed's advice rests on beside the service itself.
struct SpeedContext {
  bool dynamic_int8 = false;           ///< The model's texts run one at a time.
  std::string int8_remedy;             ///< How to use or get an int8 file.
  std::vector<std::string> not_asked;  ///< Accelerators offered but not in the settings.
  bool precisions = false;             ///< Other precisions are measured as well.
};

/// MeasureSpeed and its figures. Advice on batch size,
/// quantisation, threads and provider makes it a note.
DoctorCheck CheckSpeed(const EmbeddingsConfig& config, const SpeedContext& speed,
                       const std::stop_token& stop, EmbeddingsService* service);

}  // namespace vetor
