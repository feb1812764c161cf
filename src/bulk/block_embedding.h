// Embeds the rows of a block, and finds out which of them cannot be.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>

#include "bulk/work_block.h"
#include "vetor/embed_files.h"
#include "vetor/embeddings_service.h"
#include "vetor/status.h"

namespace vetor {

/// Fills in vectors and texts of `block`, whose input is called `input_name` in errors. A row that
/// cannot be embedded gets its `error`; with OnRowError::kFail that is the error of the call.
/// Errors: those of EmbeddingsService::Embed. `progress` gets the texts that are done, from one
/// thread at a time. Thread-safe for different blocks.
Status EmbedBlock(EmbeddingsService* service, const EmbedFilesOptions& options,
                  const std::string& input_name, const std::function<void(size_t done)>& progress,
                  WorkBlock* block);

}  // namespace vetor
