#include "formats/torch/torch_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/json.h"
#include "encoder/checkpoint.h"
#include "formats/torch/zip_archive.h"
#include "os/json_file.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

// torch.save made these (tools/exporter/make_pickles.py).
const fs::path kFiles = VETOR_TEST_DATA_DIR "/exporter/pickle";

json::object Expected() { return ReadJsonFile(kFiles / "expected.json").value().as_object(); }

void ExpectTensor(const TensorView& tensor, const json::value& expected) {
  SCOPED_TRACE(tensor.name);
  const json::array& shape = expected.at("shape").as_array();
  ASSERT_EQ(tensor.shape.size(), shape.size());
  for (size_t i = 0; i < shape.size(); ++i) {
    EXPECT_EQ(tensor.shape[i], shape[i].to_number<uint64_t>());
  }
  const json::array& values = expected.at("values").as_array();
  const std::vector<float> floats = ToFloats(tensor);
  ASSERT_EQ(floats.size(), values.size());
  EXPECT_EQ(tensor.elements(), values.size());
  for (size_t i = 0; i < floats.size(); ++i) {
    const double value = values[i].is_string() ? -std::numeric_limits<double>::infinity()
                                               : values[i].to_number<double>();
    EXPECT_EQ(floats[i], static_cast<float>(value)) << i;
  }
}

class GoodTorchFile : public ::testing::TestWithParam<const char*> {};

TEST_P(GoodTorchFile, HoldsWhatTorchPutIn) {
  const auto file = ReadTorchFile(kFiles / GetParam());
  ASSERT_TRUE(file.ok()) << file.status().ToString();
  const json::object expected = Expected();
  EXPECT_EQ(file->tensors.size(), expected.size());
  for (const TensorView& tensor : file->tensors) {
    ASSERT_TRUE(expected.contains(tensor.name)) << tensor.name;
    ExpectTensor(tensor, expected.at(tensor.name));
  }
  EXPECT_THAT(file->integer_names, UnorderedElementsAre("position_ids", "mask"));
}

INSTANTIATE_TEST_SUITE_P(Files, GoodTorchFile,
                         ::testing::Values("state_dict.bin", "protocol4.bin", "plain_dict.bin"));

// The same tensors, written by Hugging Face's own library.
TEST(SafetensorsFile, HoldsWhatTorchPutIn) {
  const TemporaryFolder folder;
  folder.Write("config.json", "{}");
  fs::copy_file(VETOR_TEST_DATA_DIR "/exporter/safetensors/state_dict.safetensors",
                folder / "model.safetensors");
  const auto checkpoint = Checkpoint::Open(folder.path());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().ToString();
  const json::object expected = Expected();
  EXPECT_EQ((*checkpoint)->names().size(), expected.size());
  for (const auto& [name, value] : expected) {
    const TensorView* tensor = (*checkpoint)->Find(name);
    ASSERT_NE(tensor, nullptr) << name;
    ExpectTensor(*tensor, value);
  }
}

TEST(TorchFile, ShardsMakeOneCheckpoint) {
  const TemporaryFolder folder;
  folder.Write("config.json", "{}");
  for (const char* part : {"part-1.bin", "part-2.bin"}) {
    fs::copy_file(kFiles / part, folder / part);
  }
  const json::object expected = Expected();
  json::object map;
  for (const auto& [name, value] : expected) map[name] = "part-1.bin";
  map["position_ids"] = "part-2.bin";
  folder.Write("pytorch_model.bin.index.json", json::serialize(json::object{{"weight_map", map}}));
  const auto checkpoint = Checkpoint::Open(folder.path());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().ToString();
  EXPECT_EQ((*checkpoint)->names().size(), expected.size());
  for (const auto& [name, value] : expected) {
    const TensorView* tensor = (*checkpoint)->Find(name);
    ASSERT_NE(tensor, nullptr) << name;
    ExpectTensor(*tensor, value);
  }
}

TEST(TorchFile, AFileThatIsNotAStateDictIsRefusedByName) {
  const std::tuple<const char*, StatusCode, const char*> cases[] = {
      {"before_zip.bin", StatusCode::kUnimplemented, "before PyTorch 1.6"},
      {"transposed.bin", StatusCode::kUnimplemented, "\"weight\""},
      {"not_a_tensor.bin", StatusCode::kUnimplemented, "\"epoch\""},
      {"calls_open.bin", StatusCode::kUnimplemented, "io.open"},
      {"sparse.bin", StatusCode::kUnimplemented, "_rebuild_sparse_tensor"},
      {"complex.bin", StatusCode::kUnimplemented, "ComplexFloatStorage"},
      {"list.bin", StatusCode::kUnimplemented, "instruction 0x5d"},
      {"torchscript.bin", StatusCode::kUnimplemented, "TorchScript"},
      {"deflated.bin", StatusCode::kUnimplemented, "compressed"},
      {"expected.json", StatusCode::kDataLoss, "not a file of torch.save"},
      {"absent.bin", StatusCode::kNotFound, "is not there"},
  };
  for (const auto& [name, code, word] : cases) {
    const auto file = ReadTorchFile(kFiles / name);
    ASSERT_FALSE(file.ok()) << name;
    EXPECT_EQ(file.status().code(), code) << file.status().ToString();
    EXPECT_THAT(file.status().message(), AllOf(HasSubstr(name), HasSubstr(word)));
    if (code == StatusCode::kUnimplemented) {
      EXPECT_THAT(file.status().message(), HasSubstr("safe_serialization=True"));
    }
  }
}

// Whichever byte is wrong, the answer is an error or the same names. It is never a crash or a read
// outside the file (AddressSanitizer would see it).
TEST(TorchFile, EveryCutAndEveryFlippedByteIsSurvived) {
  const std::string whole = ReadFile(kFiles / "state_dict.bin").value();
  const TemporaryFolder folder;
  for (size_t size = 0; size < whole.size(); size += 29) {
    EXPECT_FALSE(ReadTorchFile(folder.Write("m.bin", whole.substr(0, size))).ok()) << size;
  }
  size_t refused = 0;
  for (size_t at = 0; at < whole.size(); at += 7) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 0xFF);
    const auto file = ReadTorchFile(folder.Write("m.bin", flipped));
    refused += file.ok() ? 0 : 1;
    if (file.ok()) {
      for (const TensorView& tensor : file->tensors) ToFloats(tensor);
    }
  }
  EXPECT_GT(refused, whole.size() / 70);  // The other changes hit weights, padding and dates.
}

}  // namespace
}  // namespace vetor
