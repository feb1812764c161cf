#include "formats/torch/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string Text(std::string_view text) {
  return "\x8c" + std::string(1, static_cast<char>(text.size())) + std::string(text);
}

std::string Program(std::string_view body) { return "\x80\x02" + std::string(body) + "."; }

// The persistent id ("storage", FloatStorage, "0", "cpu", 6).
std::string Storage() {
  return "(" + Text("storage") + "ctorch\nFloatStorage\n" + Text("0") + Text("cpu") + "K\6tQ";
}

std::string Tensor(std::string_view shape, std::string_view strides) {
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + Storage() + "K\1" + std::string(shape) +
         std::string(strides) + "\x89N" + "tR";
}

TEST(StateDict, ATensorIsDescribedCompletely) {
  const std::string pickle = Program("}" + Text("w") + Tensor("K\2K\3\x86", "K\3K\1\x86") + "s");
  const auto tensors = ReadStateDict(pickle);
  ASSERT_TRUE(tensors.ok()) << tensors.status().ToString();
  ASSERT_EQ(tensors->size(), 1U);
  const PickledTensor& tensor = tensors->front();
  EXPECT_EQ(tensor.name, "w");
  EXPECT_EQ(tensor.format, FloatFormat::kFloat32);
  EXPECT_EQ(tensor.storage, "0");
  EXPECT_EQ(tensor.storage_elements, 6U);
  EXPECT_EQ(tensor.offset, 1U);
  EXPECT_THAT(tensor.shape, ElementsAre(2, 3));
  EXPECT_THAT(tensor.strides, ElementsAre(3, 1));
}

TEST(StateDict, IntegersOfEveryLength) {
  using std::string_literals::operator""s;
  const auto shape = "("s + "K\x01" + "M\x00\x01"s + "J\x00\x00\x01\x00"s +
                     "\x8a\x05\x00\x00\x00\x00\x01"s + "\x8a\x00"s + "t";
  const auto tensors = ReadStateDict(Program("}" + Text("w") + Tensor(shape, shape) + "s"));
  ASSERT_TRUE(tensors.ok()) << tensors.status().ToString();
  EXPECT_THAT(tensors->front().shape, ElementsAre(1, 256, 65536, 1ULL << 32, 0));
}

TEST(StateDict, WhatADictOfTensorsDoesNotNeedIsRefused) {
  const std::pair<std::string, const char*> cases[] = {
      {"cposix\nsystem\n" + Text("id") + "\x85R", "\"posix.system\""},
      {Text("builtins") + Text("eval") + "\x93", "\"builtins.eval\""},
      {"ctorch\nload\n", "\"torch.load\""},
      {"c__builtin__\neval\n", "\"__builtin__.eval\""},
      {"S'text'\n", "instruction 0x53"},
      {"]", "instruction 0x5d"},
      {"ctorch\nFloatStorage\n)R", "a call of a storage type"},
      {"ccollections\nOrderedDict\nN\x85R", "from arguments"},
      {"}" + Text("w") + "Ns", "\"w\""},
      {"}NNs", "a key that is not a string"},
      {"N", "other than a dict"},
      {"}Nb", "a state of its own"},
      {"\x8a\x09"
       "123456789",
       "more than 64 bits"},
      {"}" + Text("w") + Tensor("(K\1K\1K\1K\1K\1K\1K\1K\1K\1t", "K\1\x85") + "s",
       "too many dimensions"},
  };
  for (const auto& [body, word] : cases) {
    const auto tensors = ReadStateDict(Program(body));
    ASSERT_FALSE(tensors.ok()) << body;
    EXPECT_EQ(tensors.status().code(), StatusCode::kUnimplemented) << tensors.status().ToString();
    EXPECT_THAT(tensors.status().message(), HasSubstr(word));
  }
  EXPECT_EQ(ReadStateDict("\x80\x09N.").status().code(), StatusCode::kUnimplemented);
  EXPECT_EQ(ReadStateDict(std::string(kMaxPickleBytes + 1, 'N')).status().code(),
            StatusCode::kUnimplemented);
}

TEST(StateDict, DamageIsDataLoss) {
  const std::string tensor = Tensor("K\2\x85", "K\1\x85");
  const std::string cases[] = {"",
                               "t",
                               "u",
                               "s",
                               "Q",
                               "R",
                               "b",
                               "\x93",
                               "\x87",
                               "(",
                               "}N",
                               "h\1",
                               "q\1",
                               "j\xFF\xFF\xFF\xFF",
                               "}r\xFF\xFF\xFF\xFF",
                               "}(Nu",
                               "}(NNs",
                               "(s",
                               "N(Q",
                               "NNNs",
                               "NQ",
                               ")Q",
                               "N)R",
                               "ctorch._utils\n_rebuild_tensor_v2\n)R",
                               "ctorch._utils\n_rebuild_parameter\nN\x85R",
                               "ctorch",
                               "X\xFF\xFF\xFF\xFFshort",
                               "}" + Text("w") + tensor + "s" + Text("w") + tensor + "s",
                               Tensor("K\2\x85", "K\2K\1\x86"),
                               Tensor("N", "N"),
                               Tensor("J\xFF\xFF\xFF\xFF\x85", "K\1\x85"),
                               "}.N"};
  for (const std::string& body : cases) {
    const auto tensors = ReadStateDict(Program(body));
    ASSERT_FALSE(tensors.ok()) << body;
    EXPECT_EQ(tensors.status().code(), StatusCode::kDataLoss)
        << body << tensors.status().ToString();
  }
  for (const char* whole : {"", "\x80", "N.", "\x80\x02}"}) {
    EXPECT_EQ(ReadStateDict(whole).status().code(), StatusCode::kDataLoss) << whole;
  }
}

// A million nested tuples, and a dict that holds itself. Nothing follows them, so no stack
// overflows.
TEST(StateDict, DeepAndCyclicObjectsAreFlat) {
  EXPECT_EQ(ReadStateDict(Program("N" + std::string(1'000'000, '\x85'))).status().code(),
            StatusCode::kUnimplemented);
  EXPECT_THAT(ReadStateDict(Program("}q" + std::string(1, '\0') + Text("w") + "h" +
                                    std::string(1, '\0') + "s"))
                  .status()
                  .message(),
              HasSubstr("\"w\""));
  EXPECT_THAT(ReadStateDict(Program(std::string(kMaxPickleObjects + 1, 'N'))).status().message(),
              HasSubstr("objects"));
  EXPECT_THAT(*ReadStateDict(Program("}")), IsEmpty());
}

std::string LongText(std::string_view text) {
  std::string size(4, '\0');
  for (size_t i = 0; i < 4; ++i) size[i] = static_cast<char>(text.size() >> (8 * i));
  return "X" + size + std::string(text);
}

// Each of many tensors copied its key: 200 kB of pickle took 2 GB.
TEST(StateDict, AStoragesKeyIsNotCopiedForEachTensor) {
  // Pointers show how memory is used: every key is a window on the pickle.
  const std::string pickle = Program("}(" + Text("a") + Tensor("K\1\x85", "K\1\x85") + Text("b") +
                                     Tensor("K\1\x85", "K\1\x85") + "u");
  const auto tensors = ReadStateDict(pickle);
  ASSERT_TRUE(tensors.ok()) << tensors.status().ToString();
  for (const PickledTensor& tensor : *tensors) {
    EXPECT_GE(tensor.storage.data(), pickle.data());
    EXPECT_LE(tensor.storage.data() + tensor.storage.size(), pickle.data() + pickle.size());
  }
  // A long key is refused, because each tensor would search for it among the members.
  const auto refused =
      ReadStateDict(Program("(" + Text("storage") + "ctorch\nFloatStorage\n" +
                            LongText(std::string(100'000, 'k')) + Text("cpu") + "K\1tQ"));
  EXPECT_EQ(refused.status().code(), StatusCode::kUnimplemented) << refused.status().ToString();
  EXPECT_THAT(refused.status().message(), HasSubstr("100000 bytes"));
}

}  // namespace
}  // namespace vetor
