#include "formats/unpacked_file.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <span>
#include <utility>

#include "base/status_macros.h"
#include "formats/compression.h"
#include "os/file.h"

namespace vetor {
namespace {

constexpr size_t kFilePieceBytes = 128 << 10;
constexpr size_t kUnpackedPieceBytes = 256 << 10;

}  // namespace

// The file's own bytes, by reading and not through its map, so that a file that is cut meanwhile is
// an error and not a signal.
class UnpackedFile::FilePieces {
 public:
  explicit FilePieces(MappedFile file, std::filesystem::path path)
      : file_(std::move(file)), path_(std::move(path)) {}

  /// Replaces `piece` with the next bytes; false at the end.
  Result<bool> Next(std::string* piece) {
    const uint64_t size = file_.bytes().size();
    piece->resize(static_cast<size_t>(std::min<uint64_t>(kFilePieceBytes, size - read_)));
    if (piece->empty()) return false;
    VETOR_RETURN_IF_ERROR(file_.ReadAt(read_, std::span(piece->data(), piece->size())));
    read_ += piece->size();
    return true;
  }

  uint64_t read() const { return read_; }

  Status Damage(std::string_view format, std::string_view why) const {
    return DataLossError(path_.string() + ": the " + std::string(format) +
                         " data is damaged near byte " + std::to_string(read_) +
                         " of the file: " + std::string(why) + "; make or copy the file again");
  }

  Status EarlyEnd(std::string_view format) const {
    return DataLossError(path_.string() + ": the " + std::string(format) +
                         " data ends in the middle, after all " + std::to_string(read_) +
                         " bytes of the file; make or copy the file again");
  }

 private:
  MappedFile file_;
  std::filesystem::path path_;
  uint64_t read_ = 0;
};

class UnpackedFile::Unpacker {
 public:
  explicit Unpacker(FilePieces pieces) : pieces_(std::move(pieces)) {}
  virtual ~Unpacker() = default;
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;
  virtual Result<bool> Read(std::string* out) = 0;
  uint64_t file_bytes_read() const { return pieces_.read(); }

 protected:
  FilePieces pieces_;
  std::string piece_;
};

class UnpackedFile::PlainBytes : public Unpacker {
 public:
  using Unpacker::Unpacker;
  Result<bool> Read(std::string* out) override {
    VETOR_ASSIGN_OR_RETURN(const bool found, pieces_.Next(&piece_));
    out->append(piece_);
    return found;
  }
};

class UnpackedFile::GzipBytes : public Unpacker {
 public:
  explicit GzipBytes(FilePieces pieces) : Unpacker(std::move(pieces)) {
    // 15 bits of window, and a gzip header.
    started_ = ::inflateInit2(&stream_, 15 + 16) == Z_OK;
  }
  ~GzipBytes() override {
    if (started_) ::inflateEnd(&stream_);
  }

  Result<bool> Read(std::string* out) override {
    if (!started_) return ResourceExhaustedError("no memory to unpack gzip data; free memory");
    const size_t before = out->size();
    out->resize(before + kUnpackedPieceBytes);
    stream_.next_out = reinterpret_cast<Bytef*>(out->data() + before);
    stream_.avail_out = kUnpackedPieceBytes;
    const Result<bool> more = Fill();
    out->resize(before + (kUnpackedPieceBytes - stream_.avail_out));
    if (!more.ok()) return more.status();
    return out->size() > before;
  }

 private:
  // Inflates until the room is full; false at the end of the file.
  Result<bool> Fill() {
    while (stream_.avail_out > 0) {
      if (stream_.avail_in == 0) {
        VETOR_ASSIGN_OR_RETURN(const bool found, pieces_.Next(&piece_));
        if (!found && inside_) return pieces_.EarlyEnd("gzip");
        if (!found) return false;
        stream_.next_in = reinterpret_cast<Bytef*>(piece_.data());
        stream_.avail_in = static_cast<uInt>(piece_.size());
      }
      inside_ = true;
      const int done = ::inflate(&stream_, Z_NO_FLUSH);
      if (done == Z_STREAM_END) {
        inside_ = false;  // Another member may follow.
        ::inflateReset(&stream_);
      } else if (done != Z_OK && done != Z_BUF_ERROR) {
        return pieces_.Damage("gzip", stream_.msg != nullptr ? stream_.msg : "wrong bytes");
      }
    }
    return true;
  }

  z_stream stream_{};
  bool started_ = false;
  bool inside_ = false;  ///< Of a member.
};

class UnpackedFile::ZstdBytes : public Unpacker {
 public:
  explicit ZstdBytes(FilePieces pieces)
      : Unpacker(std::move(pieces)), stream_(::ZSTD_createDStream()) {}
  ~ZstdBytes() override { ::ZSTD_freeDStream(stream_); }

  Result<bool> Read(std::string* out) override {
    if (stream_ == nullptr) {
      return ResourceExhaustedError("no memory to unpack zstd data; free memory");
    }
    const size_t before = out->size();
    out->resize(before + kUnpackedPieceBytes);
    ZSTD_outBuffer room{out->data() + before, kUnpackedPieceBytes, 0};
    const Status filled = Fill(&room);
    out->resize(before + room.pos);
    VETOR_RETURN_IF_ERROR(filled);
    return out->size() > before;
  }

 private:
  Status Fill(ZSTD_outBuffer* room) {
    while (room->pos < room->size) {
      if (in_.pos == in_.size && !flushing_) {
        VETOR_ASSIGN_OR_RETURN(const bool found, pieces_.Next(&piece_));
        if (!found && inside_) return pieces_.EarlyEnd("zstd");
        if (!found) return Status();
        in_ = {piece_.data(), piece_.size(), 0};
      }
      const size_t left = ::ZSTD_decompressStream(stream_, room, &in_);
      if (::ZSTD_isError(left) != 0U) return Error(left);
      inside_ = left != 0;  // 0: a frame has ended, and another may follow.
      flushing_ = inside_ && room->pos == room->size;
    }
    return Status();
  }

  Status Error(size_t code) const {
    const std::string_view name = ::ZSTD_getErrorName(code);
    if (name.find("memory") == std::string_view::npos) return pieces_.Damage("zstd", name);
    return ResourceExhaustedError(
        "the zstd data needs a window of more than 128 MiB, or there is no memory for it (" +
        std::string(name) + "); compress the file anew with a window of at most 128 MiB");
  }

  ZSTD_DStream* stream_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool inside_ = false;    ///< Of a frame.
  bool flushing_ = false;  ///< The stream may hold bytes that the last room did not take.
};

UnpackedFile::UnpackedFile(std::unique_ptr<Unpacker> unpacker) : unpacker_(std::move(unpacker)) {}
UnpackedFile::UnpackedFile(UnpackedFile&&) noexcept = default;
UnpackedFile::~UnpackedFile() = default;

Result<UnpackedFile> UnpackedFile::Open(const std::filesystem::path& path) {
  VETOR_ASSIGN_OR_RETURN(MappedFile file, MappedFile::OpenWatched(path));
  FilePieces pieces(std::move(file), path);
  switch (CompressionOf(path)) {
    case Compression::kGzip:
      return UnpackedFile(std::make_unique<GzipBytes>(std::move(pieces)));
    case Compression::kZstd:
      return UnpackedFile(std::make_unique<ZstdBytes>(std::move(pieces)));
    case Compression::kNone:
      break;
  }
  return UnpackedFile(std::make_unique<PlainBytes>(std::move(pieces)));
}

Result<bool> UnpackedFile::Read(std::string* out) { return unpacker_->Read(out); }

uint64_t UnpackedFile::file_bytes_read() const { return unpacker_->file_bytes_read(); }

}  // namespace vetor
