// libFuzzer gives any bytes as pytorch_model.bin or, if they do not begin as a ZIP does, as the
// pickle inside one. If the file opens, it must be readable as floats.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "formats/torch/pickle.h"
#include "formats/torch/torch_file.h"
#include "tests/fuzz/exporter/fuzzed_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!bytes.starts_with("PK")) {
    (void)vetor::ReadStateDict(bytes);
    return 0;
  }
  const auto file = vetor::ReadTorchFile(vetor::fuzzing::WriteInput(data, size));
  if (!file.ok()) return 0;
  for (const vetor::TensorView& tensor : file->tensors) {
    if (vetor::ToFloats(tensor).size() != tensor.elements()) std::abort();
  }
  return 0;
}
