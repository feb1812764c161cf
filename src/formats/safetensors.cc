#include "formats/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "base/json.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/float_formats.h"
#include "formats/model_file.h"

namespace vetor {
namespace {

namespace json = boost::json;

constexpr std::array kDtypeBytes = {
    std::pair{"F64", 8U},  std::pair{"F32", 4U},     std::pair{"F16", 2U},
    std::pair{"BF16", 2U}, std::pair{"I64", 8U},     std::pair{"I32", 4U},
    std::pair{"I16", 2U},  std::pair{"I8", 1U},      std::pair{"U64", 8U},
    std::pair{"U32", 4U},  std::pair{"U16", 2U},     std::pair{"U8", 1U},
    std::pair{"BOOL", 1U}, std::pair{"F8_E5M2", 1U}, std::pair{"F8_E4M3", 1U},
};

std::optional<uint64_t> AsCount(const json::value& value) {
  if (value.is_int64() && value.get_int64() >= 0) return static_cast<uint64_t>(value.get_int64());
  if (value.is_uint64()) return value.get_uint64();
  return std::nullopt;
}

std::optional<std::vector<uint64_t>> AsCounts(const json::object& entry, const char* key) {
  const json::value* value = entry.if_contains(key);
  if (value == nullptr || !value->is_array()) return std::nullopt;
  std::vector<uint64_t> counts;
  for (const json::value& element : value->get_array()) {
    const auto count = AsCount(element);
    if (!count) return std::nullopt;
    counts.push_back(*count);
  }
  return counts;
}

// Bytes of a tensor; nullopt for an unknown dtype or a product beyond 64 bits.
std::optional<uint64_t> TensorBytes(std::string_view dtype, const std::vector<uint64_t>& shape) {
  const auto known = std::find_if(kDtypeBytes.begin(), kDtypeBytes.end(),
                                  [&](const auto& entry) { return entry.first == dtype; });
  if (known == kDtypeBytes.end()) return std::nullopt;
  uint64_t bytes = known->second;
  for (const uint64_t dim : shape) {
    if (dim != 0 && bytes > std::numeric_limits<uint64_t>::max() / dim) return std::nullopt;
    bytes *= dim;
  }
  return bytes;
}

std::string ShapeText(const std::vector<uint64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  return text + "]";
}

}  // namespace

Result<Safetensors> Safetensors::Open(const std::filesystem::path& path) {
  Safetensors result;
  result.path_ = path;
  VETOR_ASSIGN_OR_RETURN(result.file_,
                         MapModelFile(path, "the weights", "download the file again"));
  const Status status = result.ReadHeader(result.file_.bytes());
  if (!status.ok()) {
    return DataLossError(path.string() + " is not a whole safetensors file: " + status.message() +
                         "; download it again");
  }
  return result;
}

Status Safetensors::ReadHeader(std::string_view bytes) {
  uint64_t header_bytes = 0;
  if (bytes.size() < sizeof header_bytes) return DataLossError("shorter than 8 bytes");
  std::memcpy(&header_bytes, bytes.data(), sizeof header_bytes);
  bytes.remove_prefix(sizeof header_bytes);
  if (header_bytes > std::min<uint64_t>(bytes.size(), kMaxSafetensorsHeaderBytes)) {
    return DataLossError(
        "its header says " + std::to_string(header_bytes) + " bytes, expected at most " +
        std::to_string(std::min<uint64_t>(bytes.size(), kMaxSafetensorsHeaderBytes)));
  }
  const std::string_view header_text = bytes.substr(0, header_bytes);
  const std::string_view data = bytes.substr(header_bytes);
  if (!header_text.starts_with('{')) return DataLossError("its header does not begin with '{'");
  VETOR_ASSIGN_OR_RETURN(const json::value header, ParseJson(header_text, "header"));

  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  for (const auto& [key, value] : header.get_object()) {
    if (key == "__metadata__") continue;
    const std::string name(key);
    const json::object* entry = value.if_object();
    const json::value* dtype = entry != nullptr ? entry->if_contains("dtype") : nullptr;
    if (dtype == nullptr || !dtype->is_string()) {
      return DataLossError("tensor " + Quoted(name) + " has no dtype");
    }
    const auto shape = AsCounts(*entry, "shape");
    const auto offsets = AsCounts(*entry, "data_offsets");
    if (!shape || !offsets || offsets->size() != 2) {
      return DataLossError("tensor " + Quoted(name) + " has no shape or no data_offsets");
    }
    Tensor tensor{std::string(std::string_view(dtype->get_string())), *shape, {}};
    const uint64_t begin = (*offsets)[0];
    const uint64_t end = (*offsets)[1];
    if (begin > end || end > data.size() || TensorBytes(tensor.dtype, *shape) != end - begin) {
      return DataLossError("tensor " + Quoted(name) + " of dtype " + Quoted(tensor.dtype) +
                           ", shape " + ShapeText(*shape) + " lies at [" + std::to_string(begin) +
                           ", " + std::to_string(end) + ") of " + std::to_string(data.size()) +
                           " bytes, which does not fit");
    }
    tensor.data = data.substr(begin, end - begin);
    ranges.emplace_back(begin, end);
    tensors_.emplace(name, std::move(tensor));
  }
  std::sort(ranges.begin(), ranges.end());
  uint64_t covered = 0;
  for (const auto& [begin, end] : ranges) {
    if (begin != covered) return DataLossError("its tensors overlap or leave a hole");
    covered = end;
  }
  if (covered != data.size()) return DataLossError("bytes follow its last tensor");
  return Status();
}

Result<std::vector<float>> Safetensors::Floats(const std::string& name,
                                               const std::vector<uint64_t>& shape) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    return NotFoundError(path_.string() + " has no tensor \"" + name + "\"");
  }
  const Tensor& tensor = found->second;
  if (tensor.shape != shape) {
    return InvalidArgumentError(path_.string() + ": tensor \"" + name + "\" has shape " +
                                ShapeText(tensor.shape) + ", expected " + ShapeText(shape));
  }
  if (const auto format = FloatFormatOfDtype(tensor.dtype)) {
    std::vector<float> floats(tensor.data.size() / FloatBytes(*format));
    ReadFloats(*format, tensor.data, floats);
    return floats;
  }
  return UnimplementedError(path_.string() + ": tensor \"" + name + "\" has dtype " +
                            Quoted(tensor.dtype) + ", expected F32, F16, BF16 or F64");
}

}  // namespace vetor
