#include "formats/torch/torch_file.h"

#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/model_file.h"
#include "formats/torch/pickle.h"
#include "formats/torch/zip_archive.h"

namespace vetor {
namespace {

constexpr std::string_view kPickleName = "/data.pkl";
constexpr const char* kSaveAgain =
    "take the model.safetensors of the same model, or load the model in Python and save it with "
    "safe_serialization=True";

// The product of `shape`; nullopt if it needs more than 64 bits.
std::optional<uint64_t> Elements(const std::vector<uint64_t>& shape) {
  uint64_t product = 1;
  for (const uint64_t dim : shape) {
    if (dim != 0 && product > std::numeric_limits<uint64_t>::max() / dim) return std::nullopt;
    product *= dim;
  }
  return product;
}

// Strides of dimensions of size 1 mean nothing, and an empty tensor has no order.
bool IsContiguous(const PickledTensor& tensor, uint64_t elements) {
  if (elements == 0) return true;
  uint64_t expected = 1;
  for (size_t i = tensor.shape.size(); i-- > 0;) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != expected) return false;
    expected *= tensor.shape[i];
  }
  return true;
}

class TorchArchive {
 public:
  /// Finds data.pkl, and with it the folder that all members lie in.
  static Result<TorchArchive> Open(std::string_view bytes);

  std::string_view pickle() const { return pickle_; }
  Result<TensorView> View(const PickledTensor& tensor) const;

 private:
  ZipMembers members_;
  std::string prefix_;
  std::string_view pickle_;
};

Result<TorchArchive> TorchArchive::Open(std::string_view bytes) {
  TorchArchive archive;
  VETOR_ASSIGN_OR_RETURN(archive.members_, ReadZip(bytes));
  for (const auto& [name, content] : archive.members_) {
    if (!name.ends_with(kPickleName) || name.find('/') != name.size() - kPickleName.size()) {
      continue;
    }
    if (archive.pickle_.data() != nullptr) return DataLossError("it holds two data.pkl");
    archive.prefix_ = name.substr(0, name.find('/') + 1);
    archive.pickle_ = content;
  }
  if (archive.pickle_.data() == nullptr) return DataLossError("it holds no data.pkl");
  const auto order = archive.members_.find(archive.prefix_ + "byteorder");
  if (order != archive.members_.end() && order->second != "little") {
    return UnimplementedError("its byte order is " + Quoted(order->second) +
                              ", expected \"little\"");
  }
  return archive;
}

Result<TensorView> TorchArchive::View(const PickledTensor& tensor) const {
  const auto member = members_.find(prefix_ + "data/" + std::string(tensor.storage));
  if (member == members_.end()) {
    return DataLossError("it holds no " + Quoted("data/" + std::string(tensor.storage)) +
                         " for tensor " + Quoted(tensor.name));
  }
  const uint64_t width = FloatBytes(*tensor.format);
  const uint64_t held = member->second.size() / width;
  const auto elements = Elements(tensor.shape);
  if (!elements || tensor.storage_elements > held || tensor.offset > tensor.storage_elements ||
      *elements > tensor.storage_elements - tensor.offset) {
    return DataLossError("tensor " + Quoted(tensor.name) + " does not fit into its storage of " +
                         std::to_string(held) + " elements");
  }
  if (!IsContiguous(tensor, *elements)) {
    return UnimplementedError("tensor " + Quoted(tensor.name) +
                              " is a view with gaps or in another order, expected contiguous rows");
  }
  return TensorView{tensor.name, *tensor.format, tensor.shape,
                    member->second.substr(tensor.offset * width, *elements * width)};
}

Status ReadTensors(TorchFile* result) {
  VETOR_ASSIGN_OR_RETURN(const TorchArchive archive, TorchArchive::Open(result->file.bytes()));
  VETOR_ASSIGN_OR_RETURN(const std::vector<PickledTensor> pickled, ReadStateDict(archive.pickle()));
  for (const PickledTensor& tensor : pickled) {
    if (!tensor.format) {
      result->integer_names.push_back(tensor.name);
      continue;
    }
    VETOR_ASSIGN_OR_RETURN(TensorView view, archive.View(tensor));
    result->tensors.push_back(std::move(view));
  }
  return Status();
}

// Files that torch.save wrote up to version 1.5 begin with a pickled magic number, and before
// 0.1.10 they were TARs (torch/serialization.py: MAGIC_NUMBER, legacy_load).
bool IsFromBeforeZip(std::string_view bytes) {
  constexpr std::string_view kMagic(
      "\x8a\nl\xfc\x9c"
      "F\xf9 j\xa8P\x19.",
      13);
  return (bytes.size() > 2 && bytes[0] == '\x80' && bytes.substr(2).starts_with(kMagic)) ||
         (bytes.size() > 262 && bytes.substr(257, 5) == "ustar");
}

}  // namespace

Result<TorchFile> ReadTorchFile(const std::filesystem::path& path) {
  TorchFile result;
  VETOR_ASSIGN_OR_RETURN(result.file, MapModelFile(path, "the weights", "download the file again"));
  const std::string_view bytes = result.file.bytes();
  if (IsFromBeforeZip(bytes)) {
    return UnimplementedError(path.string() +
                              " was saved in the format from before PyTorch 1.6, expected the ZIP "
                              "format of newer versions; " +
                              kSaveAgain);
  }
  if (!bytes.starts_with("PK\3\4")) {
    return DataLossError(path.string() + " is not a file of torch.save; download it again, or " +
                         kSaveAgain);
  }
  const Status status = ReadTensors(&result);
  if (!status.ok()) {
    const bool damaged = status.code() == StatusCode::kDataLoss;
    return Status(status.code(), path.string() + " cannot be read: " + status.message() + "; " +
                                     (damaged ? "download it again" : kSaveAgain));
  }
  return result;
}

}  // namespace vetor
