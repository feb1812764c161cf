// Bulk jobs: texts in files → vectors in files, up to 10^9 texts on one machine.
//
//   vetor::EmbedFilesOptions options;
//   options.inputs = {"in/part-*.jsonl.zst"};
//   options.output = "out";
//   options.format = vetor::VectorFileFormat::kNpy;
//   options.resume = vetor::Resume::kYes;
//   auto report = vetor::EmbedFiles((*service).get(), options);
//   if (!report.ok()) return Fail(report.status());
//   std::cout << report->outputs << " files are whole\n";
//
// An input file is a shard. It becomes one output, NAME.npy, or several of `shard_rows` rows each,
// NAME.00001.npy and on, where NAME is the input's name without its endings. Rows keep their number
// and their order. Beside each output lies its manifest, NAME.manifest.json, which says what it was
// made of and by what. An output is there whole, with its manifest, or it does not count: a job
// that was killed goes on behind the last whole output (`resume`), and what it then has is equal,
// byte by byte, to the result of a job that nobody disturbed.
//
// Reading, tokenizing, computing and writing go on side by side, and memory does not depend on the
// size of a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "vetor/choices.h"
#include "vetor/embeddings_service.h"
#include "vetor/status.h"

namespace vetor {

/// What an output file is.
enum class VectorFileFormat {
  kJsonl,      ///< One object per row, {"id":...,"embedding":[...],"tokens":n,"truncated":b}.
  kJsonlGzip,  ///< The same, compressed.
  kJsonlZstd,
  kNpy,  ///< [rows, dim], as NumPy reads it; has no place for ids.
};

/// Components of an .npy file. Half the bytes; a component of a unit vector moves by at
/// most 2.5e-4.
enum class VectorDtype { kFloat32, kFloat16 };

/// What becomes of a row that cannot be embedded: its text is not there, is not UTF-8, is too long
/// (OnLong::kError), or has a component that the output cannot hold.
enum class OnRowError {
  kFail,  ///< The job ends; the error names file and line.
  kNull,  ///< Its vector is null in jsonl, with the reason in "error", and NaN in npy, with row and
          ///< reason in the manifest.
};

/// What a job does in a folder that holds outputs already.
enum class Resume {
  kNo,      ///< It refuses the folder.
  kYes,     ///< Outputs stay whose input has the name, size and time that their manifest says.
  kVerify,  ///< The input's rows must also have the manifest's digest, so inputs are read again.
};

/// What an input file holds.
enum class InputFormat {
  kAuto,   ///< jsonl by the file's ending (.jsonl, .ndjson) or if an id is named, else lines.
  kLines,  ///< A row is a line.
  kJsonl,  ///< A row is a JSON object on one line; blank lines are not rows.
};

template <>
struct ChoicesOf<VectorFileFormat> {
  static constexpr Choice<VectorFileFormat> kAll[] = {{VectorFileFormat::kJsonl, "jsonl"},
                                                      {VectorFileFormat::kJsonlGzip, "jsonl.gz"},
                                                      {VectorFileFormat::kJsonlZstd, "jsonl.zst"},
                                                      {VectorFileFormat::kNpy, "npy"}};
};
template <>
struct ChoicesOf<VectorDtype> {
  static constexpr Choice<VectorDtype> kAll[] = {{VectorDtype::kFloat32, "float32"},
                                                 {VectorDtype::kFloat16, "float16"}};
};
template <>
struct ChoicesOf<OnRowError> {
  static constexpr Choice<OnRowError> kAll[] = {{OnRowError::kFail, "fail"},
                                                {OnRowError::kNull, "null"}};
};
template <>
struct ChoicesOf<Resume> {
  static constexpr Choice<Resume> kAll[] = {
      {Resume::kNo, "no"}, {Resume::kYes, "yes"}, {Resume::kVerify, "verify"}};
};
template <>
struct ChoicesOf<InputFormat> {
  static constexpr Choice<InputFormat> kAll[] = {
      {InputFormat::kAuto, "auto"}, {InputFormat::kLines, "lines"}, {InputFormat::kJsonl, "jsonl"}};
};

/// One row on its way from a source to a sink.
struct FileRow {
  std::string text;      ///< UTF-8. Empty if there is none.
  std::string id;        ///< JSON; empty: the row has none.
  std::string error;     ///< Why there is no vector. Empty: there is one, or the row is `missing`.
  bool missing = false;  ///< There is no text, and that is no error: a null in a column.
};

/// Some rows in a row of one input.
struct FileRows {
  std::vector<FileRow> rows;
  /// No row of the input follows. Set with its last row, or with no row at all for an empty input.
  bool last = false;
  /// What the source hands to its sink beside the rows, such as the other columns of a table.
  std::shared_ptr<void> columns;
};

/// The rows of one input, in order. A program that reads another format brings its own. Used by one
/// thread at a time.
class RowSource {
 public:
  virtual ~RowSource() = default;

  /// Fills `block` with the next rows, at most `most`; fewer only at the end or if they are large.
  /// A row without a text that can be embedded has its `error`, which names the row's place; a
  /// status that is an error says that the input cannot be read on.
  virtual Status Read(size_t most, FileRows* block) = 0;

  /// Passes over rows. REQUIRES: so many follow, as a manifest says; else DATA_LOSS.
  virtual Status Skip(uint64_t rows) = 0;

  /// A digest, in hexadecimal digits, of everything that was read or passed over since the last
  /// call. Of lines it is the SHA-256 of their unpacked bytes, so that of an input that becomes one
  /// output is what `zstd -dc FILE | sha256sum` prints.
  virtual std::string TakeDigest() = 0;

  /// How far the source is, in bytes of the file.
  virtual uint64_t bytes_read() const = 0;
};

/// Vectors for the rows of a block.
struct EmbeddedBlock {
  const FileRows& block;
  std::span<const float> vectors;   ///< [rows, dim], row-major; NaN for rows without a vector.
  std::span<const TextInfo> texts;  ///< [rows]
  size_t dim = 0;
};

/// Writes one output. Used by one thread.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual Status Append(const EmbeddedBlock& rows) = 0;
  /// The file is whole, under the path that it was opened with. Without this call it may be left.
  virtual Status Finish() = 0;
};

/// Opens sources and sinks of a format that vetor does not know. Used by several threads at once.
class RowFiles {
 public:
  virtual ~RowFiles() = default;
  virtual Result<std::unique_ptr<RowSource>> OpenSource(const std::filesystem::path& input) = 0;
  /// `output` is a name in the making; nothing has it.
  virtual Result<std::unique_ptr<RowSink>> OpenSink(const std::filesystem::path& input,
                                                    const std::filesystem::path& output,
                                                    size_t dim) = 0;
  /// What an input's name loses and what an output's name gets: ".parquet".
  virtual std::string ending() const = 0;
  /// Settings of the format that shape its outputs, for the manifest, by name.
  virtual std::vector<std::pair<std::string, std::string>> settings() const { return {}; }
};

/// How far a job is.
struct EmbedFilesProgress {
  uint64_t texts = 0;        ///< Embedded by this job, those of the current batches included.
  double fraction = 0;       ///< Of the work that this job found, by bytes of its inputs; [0, 1].
  uint64_t inputs_done = 0;  ///< Of `inputs`, those that were finished before included.
  uint64_t inputs = 0;
};

struct EmbedFilesOptions {
  /// Files, or patterns as a shell has them (`*`, `?`, `[a-z]`). A path that names a file is that
  /// file. The inputs are taken in the order of their paths.
  std::vector<std::string> inputs;
  /// The folder of the outputs, which is made if it is missing. No input may lie in it.
  std::filesystem::path output;

  InputFormat input_format = InputFormat::kAuto;
  std::string field = "text";  ///< The text of a jsonl row.
  std::string id_field;        ///< Copied to "id" of the results, as it is written; empty: none.
  /// The name of the vector in jsonl and of its column in a table; npy has none.
  std::string into = "embedding";
  bool replace_invalid = false;  ///< Read invalid UTF-8 as U+FFFD.

  VectorFileFormat format = VectorFileFormat::kJsonl;
  VectorDtype output_dtype = VectorDtype::kFloat32;
  uint64_t shard_rows = 0;  ///< Most rows of an output; 0: no bound.
  OnRowError on_error = OnRowError::kFail;
  Resume resume = Resume::kNo;

  /// What the service does with a text that is too long (ModelConfig::on_long of its settings).
  OnLong on_long = OnLong::kTruncate;

  /// Sources and sinks instead of vetor's own; the options from input_format to output_dtype are
  /// theirs to know then. Null: vetor's own.
  std::shared_ptr<RowFiles> files;

  std::stop_token stop;  ///< Ends the job with CANCELLED; finished outputs stay.
  /// Called now and then, by one thread at a time. It must not block, and not call the service.
  std::function<void(const EmbedFilesProgress&)> progress;
};

/// What a job did. Rows of outputs that were finished before it are not in the first four.
struct EmbedFilesReport {
  uint64_t texts = 0;      ///< Rows read, with and without a vector.
  uint64_t tokens = 0;     ///< 0 for hashing.
  uint64_t truncated = 0;  ///< Texts of which a part was ignored.
  uint64_t failed = 0;     ///< Rows without a vector (OnRowError::kNull).
  uint64_t inputs = 0;
  uint64_t outputs = 0;           ///< Written by this job.
  uint64_t finished_outputs = 0;  ///< Were there, and still fit.
  uint64_t finished_texts = 0;    ///< Rows of these.
};

/// Whether the options fit each other and the inputs are there, for a program that wants to know
/// before it opens a model. Errors: those of EmbedFiles that need no model and no output folder.
Status CheckEmbedFiles(const EmbedFilesOptions& options);

/// Embeds all rows of all inputs. One job at a time works in a folder, in any process. Errors:
/// NOT_FOUND (no input, no such field), INVALID_ARGUMENT (options, a row with OnRowError::kFail),
/// FAILED_PRECONDITION (the folder holds outputs and `resume` is kNo; they were made with another
/// model or setting, which the message names; another job works there), RESOURCE_EXHAUSTED (full
/// disk, memory), DATA_LOSS (an input is damaged or changed while it was read; the model was
/// overwritten), CANCELLED, INTERNAL. Outputs that were finished until then stay, and the message
/// says how many.
Result<EmbedFilesReport> EmbedFiles(EmbeddingsService* service, const EmbedFilesOptions& options);

}  // namespace vetor
