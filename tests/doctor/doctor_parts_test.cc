// Tests the parts of vetor doctor that a run of the command cannot reach with every input.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "doctor/check_list.h"
#include "doctor/machine_check.h"
#include "doctor/model_check.h"
#include "doctor/tokenizer_family.h"
#include "tests/cli/folder_fixture.h"

namespace vetor {
namespace {

using cli::FolderFixture;

TEST(WrongCheckTest, TheRemedyIsTakenOutOfTheMessage) {
  const auto remedy = [](const char* message) {
    return WrongCheck("x", InternalError(message), "other").remedy;
  };
  EXPECT_EQ(remedy("it is gone: a; b; get it"), "get it");
  EXPECT_EQ(remedy("none is there: a; this has b, c. Add \"cpu\""), "Add \"cpu\"");
  EXPECT_EQ(remedy("no start:\n  A: x; y\nadd \"cpu\""), "add \"cpu\"");
  EXPECT_EQ(remedy("m.onnx: ONNX Runtime says: bad; line 7"), "other");
  EXPECT_EQ(remedy("nothing helps."), "other");
}

TEST(DoctorCpuTest, MoreThreadsThanCoresAreNoted) {
  EmbeddingsConfig config;
  EXPECT_THAT(CheckCpu(config).detail, ::testing::HasSubstr(" worker"));
  EXPECT_THAT(CheckCpu(config).remedy, ::testing::Not(::testing::HasSubstr("ai.threads")));
  config.threads = 1 << 20;
  EXPECT_EQ(CheckCpu(config).state, CheckState::kNote);
  EXPECT_THAT(CheckCpu(config).remedy, ::testing::HasSubstr("ai.threads is 1048576"));
}

class DoctorInt8Test : public FolderFixture {};

// The note said that an int8 file may be faster, but not how to get one.
TEST_F(DoctorInt8Test, TheRemedyIsTheSettingIfTheFolderHasTheFileElseTheExport) {
  WriteFile("model.onnx", "");
  EXPECT_THAT(Int8Remedy(folder_.string()), ::testing::HasSubstr("vetor export DIR"));
  EXPECT_THAT(Int8Remedy(folder_.string()), ::testing::HasSubstr("--quantize"));
  WriteFile("model_quantized.onnx", "");
  EXPECT_EQ(Int8Remedy(folder_.string()),
            "set ai.onnx.precision to \"int8\" to use model_quantized.onnx");
  EXPECT_EQ(Int8Remedy(Path("model.onnx")),
            "name " + Path("model_quantized.onnx") + " in ai.onnx.model_path to use it");
}

class TokenizerFamilyTest : public FolderFixture {};

// The whole document was built to read one word of it, which took 42 MB for a tokenizer.json of 9
// MB.
TEST_F(TokenizerFamilyTest, TheTypeOfTheModelIsFoundWhereverItStands) {
  const auto family = [this](std::string_view json) {
    return TokenizerFamily(WriteFile("tokenizer.json", json));
  };
  EXPECT_EQ(family(R"({"model":{"type":"WordPiece","vocab":{}}})"), "WordPiece");
  EXPECT_EQ(family("\xEF\xBB\xBF{\"model\":{\"type\":\"BPE\"}}"), "BPE");
  EXPECT_EQ(family(R"({"type":"a","added":[{"type":"b"},{"model":{"type":"c"}}],
                       "decoder":{"type":"d","model":"e"},
                       "model":{"vocab":{"type":7,"model":{"type":"f"}},"type":"Uni\u0067ram"}})"),
            "Unigram");
  const std::string long_key(100, 'k');
  EXPECT_EQ(family("{\"" + long_key + "\":\"model\",\"model\":{\"" + long_key +
                   "\":\"x\",\"type\":\"BPE\"}}"),
            "BPE");
  EXPECT_EQ(family(R"({"model":{"type":3,"vocab":["type","x"]}})"), "a model without a type");
  EXPECT_EQ(family(R"({"model":"type"})"), "a model without a type");
  EXPECT_EQ(family(R"({"model":)"), "?");
  EXPECT_EQ(TokenizerFamily(Path("none.json")), "?");
  EXPECT_EQ(TokenizerFamily("vocab.txt"), "WordPiece");
}

class DoctorMemoryTest : public FolderFixture {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(Path("proc"));
    std::filesystem::create_directories(Path("sys/fs/cgroup"));
    WriteFile("proc/meminfo",
              "MemTotal:       4194304 kB\nMemFree:         100000 kB\n"
              "HugePages_Total:       0\nMemAvailable:   2097152 kB\n");
  }
};

TEST_F(DoctorMemoryTest, TheTighterOfMachineAndCgroupCounts) {
  const MachineMemory machine = ReadMachineMemory(folder_.string());
  EXPECT_EQ(machine.total_bytes, 4ULL << 30);
  EXPECT_EQ(machine.available_bytes, 2ULL << 30);
  EXPECT_FALSE(machine.limit_bytes.has_value());
  WriteFile("sys/fs/cgroup/memory.max", "536870912\n");
  WriteFile("sys/fs/cgroup/memory.current", "134217728\n");
  const MachineMemory limited = ReadMachineMemory(folder_.string());
  EXPECT_EQ(limited.limit_bytes, 512ULL << 20);
  EXPECT_EQ(limited.available_bytes, 384ULL << 20);
  EXPECT_EQ(CheckMemory(limited, 100 << 20).state, CheckState::kOk);
  EXPECT_EQ(CheckMemory(limited, 300 << 20).state, CheckState::kNote);
  WriteFile("sys/fs/cgroup/memory.max", "max\n");
  EXPECT_FALSE(ReadMachineMemory(folder_.string()).limit_bytes.has_value());
}

}  // namespace
}  // namespace vetor
