// A folder with inputs, and jobs over them with hashing vectors.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/packed_file.h"
#include "tests/support/temporary_folder.h"
#include "vetor/embed_files.h"

namespace vetor {

class BulkFixture : public ::testing::Test {
 protected:
  static constexpr size_t kDim = 16;

  static EmbeddingsConfig HashingConfig() {
    EmbeddingsConfig config;
    config.backend = BackendKind::kHashing;
    config.dim = kDim;
    config.cache.enabled = false;
    config.threads = 2;
    return config;
  }

  static EmbeddingsService* Service() {
    static auto* service =
        new std::unique_ptr<EmbeddingsService>(*EmbeddingsService::Open(HashingConfig()));
    return service->get();
  }

  static std::string TextOf(size_t row) {
    return "GP de São Paulo " + std::to_string(row) + " of " + std::to_string(row * row % 977);
  }

  static std::string JsonLine(size_t row) {
    return "{\"id\":" + std::to_string(row) + ",\"text\":\"" + TextOf(row) + "\"}\n";
  }

  /// Rows `first` to `first + rows` as jsonl, compressed as the name says.
  std::filesystem::path WriteRows(const std::string& name, size_t first, size_t rows) const {
    std::string lines;
    for (size_t row = first; row < first + rows; ++row) lines += JsonLine(row);
    return WritePacked(name, lines);
  }

  std::filesystem::path WritePacked(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    auto file = PackedFile::Create(path, CompressionOf(path));
    EXPECT_TRUE(file.ok() && file->Write(text).ok() && file->Finish().ok());
    return path;
  }

  EmbedFilesOptions Options() const {
    EmbedFilesOptions options;
    options.inputs = {(folder_ / "in").string() + "/*"};
    options.output = folder_ / "out";
    options.id_field = "id";
    return options;
  }

  EmbedFilesOptions NpyOptions() const {
    EmbedFilesOptions options = Options();
    options.id_field = "";
    options.format = VectorFileFormat::kNpy;
    return options;
  }

  static EmbedFilesReport Run(const EmbedFilesOptions& options) {
    const auto report = EmbedFiles(Service(), options);
    EXPECT_TRUE(report.ok()) << report.status().ToString();
    return report.ok() ? *report : EmbedFilesReport();
  }

  static Status ErrorOf(const EmbedFilesOptions& options) {
    return EmbedFiles(Service(), options).status();
  }

  static std::string BytesOf(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  /// The files of a folder by their names, without the lock.
  static std::map<std::string, std::string> FilesOf(const std::filesystem::path& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string name = entry.path().filename().string();
      if (name != ".vetor.lock") files[name] = BytesOf(entry.path());
    }
    return files;
  }

  static std::vector<std::string> NamesOf(const std::map<std::string, std::string>& files) {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : files) names.push_back(name);
    return names;
  }

  static std::vector<float> NpyFloats(const std::string& bytes) {
    constexpr size_t kHeader = 128;
    std::vector<float> values((bytes.size() - kHeader) / sizeof(float));
    std::memcpy(values.data(), bytes.data() + kHeader, values.size() * sizeof(float));
    return values;
  }

  const TemporaryFolder folder_;
};

}  // namespace vetor
