// Writes the generated files of the repository anew (settings_text.h).
// usage: write_settings REPOSITORY
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "os/file.h"
#include "tools/settings/settings_text.h"

namespace {

vetor::Status WriteAll(const std::filesystem::path& repository) {
  for (const vetor::GeneratedText& generated : vetor::GeneratedTexts()) {
    const std::filesystem::path path = repository / generated.file;
    std::string before;
    if (!generated.begin.empty()) {
      vetor::Result<std::string> read = vetor::ReadFile(path);
      if (!read.ok()) return read.status();
      before = *std::move(read);
    }
    const vetor::Result<std::string> after = vetor::WithGenerated(generated, before);
    if (!after.ok()) return after.status();
    std::ofstream file(path, std::ios::binary);
    file << *after;
    if (!file.flush()) return vetor::UnavailableError("cannot write " + path.string());
  }
  return vetor::Status();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: write_settings REPOSITORY\n");
    return 2;
  }
  const vetor::Status status = WriteAll(argv[1]);
  if (status.ok()) return 0;
  std::fprintf(stderr, "write_settings: %s\n", status.ToString().c_str());
  return 1;
}
