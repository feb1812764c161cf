#include "formats/packed_file.h"

#include <zlib.h>
#include <zstd.h>

#include <utility>

#include "base/status_macros.h"

namespace vetor {
namespace {

constexpr size_t kPackedPieceBytes = 128 << 10;
constexpr int kGzipLevel = 6;
constexpr int kZstdLevel = 3;

Status NoMemoryToPack() {
  return ResourceExhaustedError("no memory to compress the results; free memory");
}

}  // namespace

class PackedFile::Packer {
 public:
  explicit Packer(AtomicFile file) : file_(std::move(file)), room_(kPackedPieceBytes, '\0') {}
  virtual ~Packer() = default;
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;
  virtual Status Write(std::string_view bytes) = 0;
  virtual Status Finish() = 0;

 protected:
  AtomicFile file_;
  std::string room_;  ///< For packed bytes.
};

class PackedFile::PlainPacker : public Packer {
 public:
  using Packer::Packer;
  Status Write(std::string_view bytes) override { return file_.Write(bytes); }
  Status Finish() override { return file_.Commit(); }
};

class PackedFile::GzipPacker : public Packer {
 public:
  explicit GzipPacker(AtomicFile file) : Packer(std::move(file)) {
    constexpr int kGzipWindow = 15 + 16;  // 15 bits, with a gzip header.
    constexpr int kMemoryLevel = 8;
    started_ = ::deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                              Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~GzipPacker() override {
    if (started_) ::deflateEnd(&stream_);
  }

  Status Write(std::string_view bytes) override { return Deflate(bytes, Z_NO_FLUSH); }

  Status Finish() override {
    VETOR_RETURN_IF_ERROR(Deflate({}, Z_FINISH));
    return file_.Commit();
  }

 private:
  Status Deflate(std::string_view bytes, int flush) {
    if (!started_) return NoMemoryToPack();
    // zlib takes a pointer to bytes that it does not change.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(room_.data());
      stream_.avail_out = static_cast<uInt>(room_.size());
      ::deflate(&stream_, flush);
      VETOR_RETURN_IF_ERROR(
          file_.Write(std::string_view(room_).substr(0, room_.size() - stream_.avail_out)));
    } while (stream_.avail_out == 0);
    return Status();
  }

  z_stream stream_{};
  bool started_ = false;
};

class PackedFile::ZstdPacker : public Packer {
 public:
  explicit ZstdPacker(AtomicFile file) : Packer(std::move(file)), context_(::ZSTD_createCCtx()) {
    if (context_ == nullptr) return;
    ::ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kZstdLevel);
    ::ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
  }
  ~ZstdPacker() override { ::ZSTD_freeCCtx(context_); }

  Status Write(std::string_view bytes) override { return Compress(bytes, ZSTD_e_continue); }

  Status Finish() override {
    VETOR_RETURN_IF_ERROR(Compress({}, ZSTD_e_end));
    return file_.Commit();
  }

 private:
  Status Compress(std::string_view bytes, ZSTD_EndDirective directive) {
    if (context_ == nullptr) return NoMemoryToPack();
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (true) {
      ZSTD_outBuffer out{room_.data(), room_.size(), 0};
      const size_t left = ::ZSTD_compressStream2(context_, &out, &in, directive);
      if (::ZSTD_isError(left) != 0U) {
        return InternalError("zstd cannot compress the results: " +
                             std::string(::ZSTD_getErrorName(left)));
      }
      VETOR_RETURN_IF_ERROR(file_.Write(std::string_view(room_).substr(0, out.pos)));
      if (directive == ZSTD_e_end ? left == 0 : in.pos == in.size) return Status();
    }
  }

  ZSTD_CCtx* context_;
};

PackedFile::PackedFile(std::unique_ptr<Packer> packer) : packer_(std::move(packer)) {}
PackedFile::PackedFile(PackedFile&&) noexcept = default;
PackedFile::~PackedFile() = default;

Result<PackedFile> PackedFile::Create(const std::filesystem::path& path, Compression compression) {
  VETOR_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  switch (compression) {
    case Compression::kGzip:
      return PackedFile(std::make_unique<GzipPacker>(std::move(file)));
    case Compression::kZstd:
      return PackedFile(std::make_unique<ZstdPacker>(std::move(file)));
    case Compression::kNone:
      break;
  }
  return PackedFile(std::make_unique<PlainPacker>(std::move(file)));
}

Status PackedFile::Write(std::string_view bytes) { return packer_->Write(bytes); }

Status PackedFile::Finish() { return packer_->Finish(); }

}  // namespace vetor
