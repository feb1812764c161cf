// Writes the built-in work loads as files, a text a line, so that peers measure the same texts.
// usage: write_workloads FOLDER SCALE
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "benchmark/workloads.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: write_workloads FOLDER SCALE\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  for (const std::string& name : vetor::BuiltInWorkloads()) {
    const auto workload = vetor::MakeWorkload(name, std::stoi(argv[2]));
    std::ofstream file(folder / (name + ".txt"), std::ios::binary);
    for (const std::string& text : workload->texts) file << text << '\n';
    if (!file.flush()) {
      std::fprintf(stderr, "write_workloads: cannot write %s/%s.txt\n", argv[1], name.c_str());
      return 1;
    }
  }
  return 0;
}
