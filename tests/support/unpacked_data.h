// Finds what the build unpacked from tests/data/packed. If a test includes this header, CMake must
// name it with vetor_reads_unpacked_data.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace vetor {

inline std::filesystem::path UnpackedData(const std::string& name) {
  return std::filesystem::path(VETOR_UNPACKED_DATA_DIR) / name;
}

/// The lines of a file of corpus/; for a .tsv, the text after the language. Empty if the file is
/// missing.
inline std::vector<std::string> CorpusTexts(const std::string& name) {
  std::ifstream file(UnpackedData("corpus") / name, std::ios::binary);
  std::vector<std::string> texts;
  for (std::string line; std::getline(file, line);) {
    if (name.ends_with(".tsv")) line.erase(0, line.find('\t') + 1);
    texts.push_back(std::move(line));
  }
  return texts;
}

}  // namespace vetor
