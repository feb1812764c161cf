// Writers of vetor's own output formats: JSON Lines, perhaps compressed, and .npy.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "vetor/embed_files.h"
#include "vetor/status.h"

namespace vetor {

/// A sink for `options.format` and `options.output_dtype`. Errors: those of writing.
Result<std::unique_ptr<RowSink>> OpenVectorSink(const std::filesystem::path& output, size_t dim,
                                                const EmbedFilesOptions& options);

}  // namespace vetor
