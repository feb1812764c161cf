#include "formats/safetensors_writer.h"

#include <boost/json.hpp>
#include <cstring>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "os/file.h"

namespace vetor {
namespace {

namespace json = boost::json;

}  // namespace

Status WriteSafetensors(const std::filesystem::path& file, std::span<const TensorView> tensors) {
  json::object header{{"__metadata__", {{"format", "pt"}}}};
  uint64_t offset = 0;
  for (const TensorView& tensor : tensors) {
    const uint64_t end = offset + tensor.bytes.size();
    header[tensor.name] = {{"dtype", DtypeOf(tensor.type)},
                           {"shape", json::value_from(tensor.shape)},
                           {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = json::serialize(header);
  text.resize((text.size() + 7) / 8 * 8, ' ');  // Data begin at a multiple of 8.
  const uint64_t length = text.size();
  VETOR_ASSIGN_OR_RETURN(AtomicFile out, AtomicFile::Create(file));
  VETOR_RETURN_IF_ERROR(out.Write({reinterpret_cast<const char*>(&length), sizeof length}));
  VETOR_RETURN_IF_ERROR(out.Write(text));
  for (const TensorView& tensor : tensors) VETOR_RETURN_IF_ERROR(out.Write(tensor.bytes));
  return out.Commit();
}

}  // namespace vetor
