// Writes the input of a fuzzer to a file, for readers that map one.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace vetor::fuzzing {

/// There is one path per process; each input overwrites the file.
inline std::filesystem::path WriteInput(const uint8_t* data, size_t size) {
  static const std::filesystem::path& path = *new std::filesystem::path(
      std::filesystem::temp_directory_path() / ("vetor_fuzz." + std::to_string(::getpid())));
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  return path;
}

}  // namespace vetor::fuzzing
