// Reads and writes the bytes of a command: files, pipes and the standard streams.
//
// A read that waits ends on Ctrl-C. A file is written whole or not at all; pipes, devices and
// standard output are written as the results come.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/file.h"
#include "vetor/status.h"

namespace vetor::cli {

/// "-" in words, any other path as it is: what errors and summaries call a stream.
std::string InputName(const std::string& path);
std::string OutputName(const std::string& path);

/// A path, or "-", and the flag that it was given with.
struct StreamFlag {
  const char* flag;
  const std::string& path;  ///< Empty: the flag was not given.
};
/// INVALID_ARGUMENT names both flags if two outputs lead to one place (the second would replace or
/// mix with the first), or if an output would replace the regular file that an input is read from.
/// Files that are there are the same by device and inode, others by their absolute path. A device,
/// such as /dev/null, takes any number of outputs.
Status CheckStreams(const std::vector<StreamFlag>& inputs, const std::vector<StreamFlag>& outputs);

/// A file or, for "-", standard input. Move-only, for one thread.
class InputStream {
 public:
  /// `wake_fd` (Interrupt::wake_fd, or -1) ends a waiting read with CANCELLED. Errors: NOT_FOUND,
  /// PERMISSION_DENIED, INVALID_ARGUMENT for a directory, FAILED_PRECONDITION if standard input was
  /// closed when the program began.
  static Result<InputStream> Open(const std::string& path, int wake_fd);
  InputStream(InputStream&& other) noexcept;
  InputStream& operator=(InputStream&&) = delete;
  InputStream(const InputStream&) = delete;
  InputStream& operator=(const InputStream&) = delete;
  ~InputStream();

  /// Appends at most `bytes` bytes to `out`; returns their number, 0 at the end.
  Result<size_t> Read(size_t bytes, std::string* out);

  const std::string& name() const { return name_; }
  /// Known for regular files only.
  std::optional<uint64_t> size() const { return size_; }

 private:
  InputStream(int fd, bool owned, std::string name, int wake_fd);

  int fd_ = -1;
  bool owned_ = false;
  std::string name_;
  int wake_fd_ = -1;
  std::optional<uint64_t> size_;
};

/// A file, a pipe or device by path, or, for "-", standard output. Move-only, for one thread.
class OutputStream {
 public:
  /// A regular file (or none yet) is replaced in Commit, through symbolic links; anything else at
  /// that path is opened and written as it is, never replaced. FAILED_PRECONDITION if standard
  /// output was closed when the program began.
  static Result<OutputStream> Open(const std::string& path);
  OutputStream(OutputStream&& other) noexcept;
  OutputStream& operator=(OutputStream&&) = delete;
  OutputStream(const OutputStream&) = delete;
  OutputStream& operator=(const OutputStream&) = delete;
  ~OutputStream();

  /// Errors: RESOURCE_EXHAUSTED for a full disk; CANCELLED when the reader of a pipe has gone,
  /// after which reader_gone() is true.
  Status Write(std::string_view bytes);
  /// Writes out what Write has buffered, for readers that wait on a pipe.
  Status Flush();
  /// Overwrites bytes written before. REQUIRES: can_rewrite().
  Status WriteAt(uint64_t offset, std::string_view bytes);
  bool can_rewrite() const { return file_.has_value(); }
  /// Makes the file appear. Without it a file is as it was before Open.
  Status Commit();

  const std::string& name() const { return name_; }

  /// True once any stream's reader has gone (`vetor embed | head`): the command ends quietly.
  static bool reader_gone();

  /// Removes the temporary files of streams that are not committed, before a process ends without
  /// destructors. From any thread.
  static void RemoveUnfinished();

 private:
  explicit OutputStream(std::string name) : name_(std::move(name)) {}
  Status OpenFile(const std::filesystem::path& path);

  std::string name_;
  std::optional<AtomicFile> file_;  ///< If unset, `fd_` is written to.
  int fd_ = -1;
  bool owned_ = false;
  std::string buffer_;
};

}  // namespace vetor::cli
