// libFuzzer gives any bytes as a .safetensors file. If it opens, every tensor must lie inside the
// file and be readable as floats.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "formats/safetensors.h"
#include "tests/fuzz/exporter/fuzzed_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = vetor::Safetensors::Open(vetor::fuzzing::WriteInput(data, size));
  if (!file.ok()) return 0;
  size_t bytes = 0;
  for (const auto& [name, tensor] : file->tensors()) {
    bytes += tensor.data.size();
    (void)file->Floats(name, tensor.shape);
  }
  if (bytes > size) std::abort();
  return 0;
}
