#include "bulk/vector_sinks.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/npy_header.h"
#include "base/result_line.h"
#include "base/status_macros.h"
#include "formats/half_float.h"
#include "formats/packed_file.h"
#include "os/file.h"

namespace vetor {
namespace {

class JsonlSink : public RowSink {
 public:
  JsonlSink(PackedFile file, std::string into) : file_(std::move(file)), into_(std::move(into)) {}

  Status Append(const EmbeddedBlock& rows) override {
    lines_.clear();
    for (size_t i = 0; i < rows.block.rows.size(); ++i) {
      const FileRow& row = rows.block.rows[i];
      AppendResultLine({.id = row.id,
                        .embedding = rows.vectors.subspan(i * rows.dim, rows.dim),
                        .tokens = rows.texts[i].tokens,
                        .truncated = rows.texts[i].truncated,
                        .error = row.error,
                        .into = into_},
                       &lines_);
      if (lines_.size() < kPieceBytes) continue;
      VETOR_RETURN_IF_ERROR(file_.Write(lines_));
      lines_.clear();
    }
    return file_.Write(lines_);
  }

  Status Finish() override { return file_.Finish(); }

 private:
  static constexpr size_t kPieceBytes = 1 << 20;

  PackedFile file_;
  std::string into_;
  std::string lines_;
};

// Writes a header for no rows first, which is replaced when their number is known.
class NpySink : public RowSink {
 public:
  NpySink(AtomicFile file, size_t dim, VectorDtype dtype)
      : file_(std::move(file)), dim_(dim), dtype_(dtype) {}

  Status Start() { return file_.Write(Header()); }

  Status Append(const EmbeddedBlock& rows) override {
    rows_ += rows.block.rows.size();
    if (dtype_ == VectorDtype::kFloat32) {
      return file_.Write({reinterpret_cast<const char*>(rows.vectors.data()),
                          rows.vectors.size() * sizeof(float)});
    }
    halves_.resize(rows.vectors.size());
    for (size_t i = 0; i < halves_.size(); ++i) halves_[i] = FloatToHalf(rows.vectors[i]);
    return file_.Write(
        {reinterpret_cast<const char*>(halves_.data()), halves_.size() * sizeof(uint16_t)});
  }

  Status Finish() override {
    VETOR_RETURN_IF_ERROR(file_.WriteAt(0, Header()));
    return file_.Commit();
  }

 private:
  std::string Header() const {
    return NpyHeader(rows_, dim_, dtype_ == VectorDtype::kFloat32 ? kNpyFloat32 : kNpyFloat16);
  }

  AtomicFile file_;
  size_t dim_;
  VectorDtype dtype_;
  uint64_t rows_ = 0;
  std::vector<uint16_t> halves_;
};

Compression CompressionFor(VectorFileFormat format) {
  switch (format) {
    case VectorFileFormat::kJsonlGzip:
      return Compression::kGzip;
    case VectorFileFormat::kJsonlZstd:
      return Compression::kZstd;
    case VectorFileFormat::kJsonl:
    case VectorFileFormat::kNpy:
      break;
  }
  return Compression::kNone;
}

}  // namespace

Result<std::unique_ptr<RowSink>> OpenVectorSink(const std::filesystem::path& output, size_t dim,
                                                const EmbedFilesOptions& options) {
  if (options.format != VectorFileFormat::kNpy) {
    VETOR_ASSIGN_OR_RETURN(PackedFile file,
                           PackedFile::Create(output, CompressionFor(options.format)));
    return std::unique_ptr<RowSink>(std::make_unique<JsonlSink>(std::move(file), options.into));
  }
  VETOR_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(output));
  auto sink = std::make_unique<NpySink>(std::move(file), dim, options.output_dtype);
  VETOR_RETURN_IF_ERROR(sink->Start());
  return std::unique_ptr<RowSink>(std::move(sink));
}

}  // namespace vetor
