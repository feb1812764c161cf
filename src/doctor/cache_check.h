// The part of `vetor doctor` that looks at the cache folder.
#pragma once

#include "doctor/check_list.h"
#include "vetor/embeddings_config.h"

namespace vetor {

/// Whether the folder can be made and written, what it holds against its bound, and whether every
/// entry is sound. Only reads: no writer is started, nothing is made or mended, and a service that
/// uses the folder is not disturbed. Reads the whole cache, about a second a gigabyte.
DoctorCheck CheckCacheSettings(const CacheConfig& config);

}  // namespace vetor
