#include "cli/output/result_writer.h"

#include <cerrno>
#include <cstdio>
#include <utility>

#include "base/npy_header.h"
#include "base/result_line.h"
#include "base/status_macros.h"

namespace vetor::cli {
namespace {

std::string_view BytesOf(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

// Writes to a file: first a header for zero rows, which is replaced at the end.
class NpyFileWriter : public VectorWriter {
 public:
  static Result<std::unique_ptr<VectorWriter>> Make(OutputStream output, size_t dim) {
    VETOR_RETURN_IF_ERROR(output.Write(NpyHeader(0, dim)));
    return std::unique_ptr<VectorWriter>(new NpyFileWriter(std::move(output), dim));
  }

  Status Append(const Embeddings& rows, std::span<const std::string>) override {
    rows_ += rows.rows;
    return output_.Write(BytesOf(rows.values));
  }

  Status Finish() override {
    VETOR_RETURN_IF_ERROR(output_.WriteAt(0, NpyHeader(rows_, dim_)));
    return output_.Commit();
  }

 private:
  NpyFileWriter(OutputStream output, size_t dim) : output_(std::move(output)), dim_(dim) {}

  OutputStream output_;
  size_t dim_;
  uint64_t rows_ = 0;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using TemporaryFile = std::unique_ptr<std::FILE, CloseFile>;

Status TemporaryFileError(const char* what) {
  return ErrnoError(errno, what, "a temporary file for the rows")
      .WithContext("writing .npy to a stream (--output FILE needs no temporary file)");
}

// Writes to a stream: rows wait in a temporary file until their number is known.
class NpyStreamWriter : public VectorWriter {
 public:
  static Result<std::unique_ptr<VectorWriter>> Make(OutputStream output, size_t dim) {
    TemporaryFile spool(std::tmpfile());
    if (!spool) return TemporaryFileError("cannot make");
    return std::unique_ptr<VectorWriter>(
        new NpyStreamWriter(std::move(output), std::move(spool), dim));
  }

  Status Append(const Embeddings& rows, std::span<const std::string>) override {
    rows_ += rows.rows;
    const std::string_view bytes = BytesOf(rows.values);
    if (std::fwrite(bytes.data(), 1, bytes.size(), spool_.get()) != bytes.size()) {
      return TemporaryFileError("cannot write");
    }
    return Status();
  }

  Status Finish() override {
    VETOR_RETURN_IF_ERROR(output_.Write(NpyHeader(rows_, dim_)));
    if (std::fflush(spool_.get()) != 0) return TemporaryFileError("cannot write");
    std::rewind(spool_.get());
    std::string piece(1 << 20, '\0');
    while (const size_t n = std::fread(piece.data(), 1, piece.size(), spool_.get())) {
      VETOR_RETURN_IF_ERROR(output_.Write(std::string_view(piece).substr(0, n)));
    }
    if (std::ferror(spool_.get()) != 0) return TemporaryFileError("cannot read");
    return output_.Commit();
  }

 private:
  NpyStreamWriter(OutputStream output, TemporaryFile spool, size_t dim)
      : output_(std::move(output)), spool_(std::move(spool)), dim_(dim) {}

  OutputStream output_;
  TemporaryFile spool_;
  size_t dim_;
  uint64_t rows_ = 0;
};

class JsonlWriter : public VectorWriter {
 public:
  JsonlWriter(OutputStream output, std::string into)
      : output_(std::move(output)), into_(std::move(into)) {}

  Status Append(const Embeddings& rows, std::span<const std::string> ids) override {
    for (size_t i = 0; i < rows.rows; ++i) {
      line_.clear();
      AppendResultLine({.id = ids.empty() ? std::string_view() : ids[i],
                        .embedding = rows.row(i),
                        .tokens = rows.texts[i].tokens,
                        .truncated = rows.texts[i].truncated,
                        .into = into_},
                       &line_);
      VETOR_RETURN_IF_ERROR(output_.Write(line_));
    }
    return output_.Flush();
  }

  Status Finish() override { return output_.Commit(); }

 private:
  OutputStream output_;
  std::string into_;
  std::string line_;
};

}  // namespace

ResultFormat ChooseResultFormat(std::string_view name, std::string_view path) {
  if (name == "npy") return ResultFormat::kNpy;
  return name.empty() && path.ends_with(".npy") ? ResultFormat::kNpy : ResultFormat::kJsonl;
}

Result<std::unique_ptr<VectorWriter>> MakeVectorWriter(OutputStream output, ResultFormat format,
                                                       size_t dim, std::string into) {
  if (format == ResultFormat::kJsonl) {
    return std::unique_ptr<VectorWriter>(new JsonlWriter(std::move(output), std::move(into)));
  }
  return output.can_rewrite() ? NpyFileWriter::Make(std::move(output), dim)
                              : NpyStreamWriter::Make(std::move(output), dim);
}

}  // namespace vetor::cli
