// The rows of a text file: plain lines or JSON Lines, perhaps compressed.
#pragma once

#include <filesystem>
#include <memory>

#include "vetor/embed_files.h"
#include "vetor/status.h"

namespace vetor {

/// Errors: those of opening a file.
Result<std::unique_ptr<RowSource>> OpenTextSource(const std::filesystem::path& input,
                                                  const EmbedFilesOptions& options);

}  // namespace vetor
