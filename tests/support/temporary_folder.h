// A folder of its own for each test, and the files that tests put there.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace vetor {

/// A new folder with a short name that nobody else has, removed at the end. Tests run at the same
/// time, several test programs do too, and a path with a fixed name would be another one's as well.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = ::testing::TempDir() + "vetor_XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no folder can be made like " << name;
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  /// Writes `content` to `name`, making the folders above it.
  std::filesystem::path Write(std::string_view name, std::string_view content) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

  /// Copies a file or folder of tests/data/model to `name`.
  std::filesystem::path CopyModel(std::string_view source, std::string_view name) const {
    const std::filesystem::path target = path_ / name;
    std::filesystem::create_directories(target.parent_path());
    std::filesystem::copy(std::filesystem::path(VETOR_TEST_DATA_DIR "/model") / source, target,
                          std::filesystem::copy_options::recursive);
    return target;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace vetor
