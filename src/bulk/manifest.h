// The manifest of an output: what it was made of, by what, and what is in it. It holds nothing that
// differs between two runs over the same inputs, so both write the same bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "os/file.h"
#include "vetor/embed_files.h"
#include "vetor/service_info.h"
#include "vetor/status.h"

namespace vetor {

/// Settings that shape an output, by the name of the option, as texts.
using BulkSettings = std::vector<std::pair<std::string, std::string>>;

/// The settings of a job that its outputs depend on.
BulkSettings SettingsOf(const EmbedFilesOptions& options);

/// A row without a vector, in an output that has no place for the reason.
struct FailedRow {
  uint64_t row = 0;  ///< 0-based in the output.
  std::string reason;
};

struct Manifest {
  std::string input_name;  ///< Without its folder, so that inputs may move.
  uint64_t input_bytes = 0;
  int64_t input_modified_ns = 0;  ///< Since 1970.
  std::string input_digest;       ///< RowSource::TakeDigest of this output's rows.

  std::string output_name;
  uint64_t output_bytes = 0;
  uint64_t part = 0;       ///< kWholeInput, or from 1 on.
  uint64_t first_row = 0;  ///< Of the input.
  bool last = false;       ///< No part follows.

  uint64_t rows = 0;
  uint64_t tokens = 0;
  uint64_t truncated = 0;
  uint64_t failed = 0;
  std::vector<FailedRow> failed_rows;  ///< For npy.

  std::string version;  ///< Of vetor.
  std::string model_id;
  std::string fingerprint;
  std::string runtime;
  std::string provider;
  std::string precision;
  uint64_t dim = 0;
  BulkSettings settings;
};

/// Fills in version, model and settings.
void DescribeMaker(const ServiceInfo& info, const BulkSettings& settings, Manifest* manifest);

/// JSON, one member per line.
std::string ManifestText(const Manifest& manifest);

/// Errors: DATA_LOSS for a file that is not a manifest, which says what is wrong with it.
Result<Manifest> ReadManifest(const std::filesystem::path& path);

/// FAILED_PRECONDITION if a job with this model and these settings must not write beside the
/// output: the message names the first difference. `path` is the manifest's.
Status CheckSameMaker(const Manifest& found, const Manifest& wanted,
                      const std::filesystem::path& path);

/// Whether the input is, by name, size and time, the one that the output was made of.
bool IsOfInput(const Manifest& manifest, const std::filesystem::path& input,
               const FileStamp& stamp);

}  // namespace vetor
