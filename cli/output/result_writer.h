// Writes the vectors of `vetor embed` as NumPy's .npy or as JSON Lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "cli/streams/byte_stream.h"
#include "vetor/embeddings_service.h"
#include "vetor/status.h"

namespace vetor::cli {

enum class ResultFormat {
  kNpy,    ///< [texts, dim] float32 in C order, format 1.0
           ///< (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
  kJsonl,  ///< One object per text, {"embedding":[...],"tokens":n,"truncated":b}, with "id" if rows
           ///< have one.
};

/// "npy" or "jsonl"; for an empty `name` npy if `path` ends in .npy, else jsonl.
ResultFormat ChooseResultFormat(std::string_view name, std::string_view path);

/// Writes rows as they come, in constant memory. For one thread.
class VectorWriter {
 public:
  virtual ~VectorWriter() = default;
  /// `ids` is empty or has one JSON value per row; npy has no place for them.
  virtual Status Append(const Embeddings& rows, std::span<const std::string> ids) = 0;
  /// Completes the result and makes its file appear; without this call there is no file.
  virtual Status Finish() = 0;
};

/// In jsonl the vector is the member `into`.
/// The .npy header of a file is overwritten when the number of rows is known. A stream cannot go
/// back: its rows wait in an unnamed temporary file, which the system removes.
Result<std::unique_ptr<VectorWriter>> MakeVectorWriter(OutputStream output, ResultFormat format,
                                                       size_t dim, std::string into = "embedding");

}  // namespace vetor::cli
