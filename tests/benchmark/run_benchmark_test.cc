// Runs a whole benchmark on the tiny model, and checks its rows and its JSON against the schema.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "base/json.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_services.h"
#include "vetor/benchmark.h"

namespace vetor {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TinyConfig;

BenchmarkOptions TinyOptions() {
  BenchmarkOptions options;
  options.config = TinyConfig();
  options.config.cache.enabled = true;
  options.repeat = 2;
  options.workloads = {"short", "single"};
  options.scratch = ::testing::TempDir();
  return options;
}

BenchmarkReport MustRun(const BenchmarkOptions& options) {
  auto report = RunBenchmark(options);
  EXPECT_TRUE(report.ok()) << report.status().ToString();
  return report.ok() ? *std::move(report) : BenchmarkReport{};
}

class RunBenchmarkTest : public ::testing::Test {
 protected:
  void SetUp() override { VETOR_SKIP_WITHOUT(testing::TestRuntime()); }
};

// Each key of docs/bench-json.md, with the types that its value may have.
using Schema = std::map<std::string, std::set<json::kind>>;

void ExpectFits(const json::object& object, const Schema& schema, const std::string& where) {
  for (const auto& [key, kinds] : schema) {
    const json::value* value = object.if_contains(key);
    ASSERT_NE(value, nullptr) << where << "." << key << " is missing";
    // A whole number counts as a number.
    const json::kind kind = value->is_number() ? json::kind::double_ : value->kind();
    EXPECT_TRUE(kinds.contains(kind)) << where << "." << key << " is " << JsonTypeName(*value);
  }
  for (const auto& member : object) {
    EXPECT_TRUE(schema.contains(std::string(member.key())))
        << where << "." << member.key() << " is not in the schema";
  }
}

const std::set<json::kind> kText = {json::kind::string};
const std::set<json::kind> kTextOrNull = {json::kind::string, json::kind::null};
const std::set<json::kind> kNumber = {json::kind::double_};
const std::set<json::kind> kNumberOrNull = {json::kind::double_, json::kind::null};
const std::set<json::kind> kList = {json::kind::array};
const std::set<json::kind> kObject = {json::kind::object};

void ExpectRowFits(const json::object& row, const std::string& where) {
  const Schema error = {{"engine", kText},      {"provider", kTextOrNull},
                        {"precision", kText},   {"runtime", kTextOrNull},
                        {"cache", kTextOrNull}, {"workload", kTextOrNull},
                        {"error", kTextOrNull}};
  if (row.at("error").is_string()) return ExpectFits(row, error, where);
  Schema whole = error;
  whole.insert({{"active_provider", kTextOrNull},
                {"active_runtime", kTextOrNull},
                {"runtime_reason", kTextOrNull},
                {"texts", kNumber},
                {"tokens", kNumber},
                {"texts_per_second", kNumber},
                {"texts_per_second_range", kList},
                {"tokens_per_second", kNumber},
                {"tokens_per_second_range", kList},
                {"batch_latency_ms", kObject},
                {"text_latency_ms", kObject},
                {"cache_hit_rate", kNumber},
                {"peak_rss_mb", kNumber},
                {"rss_growth_mb", kNumber},
                {"cores_busy", kNumber},
                {"cores_busy_elsewhere", kNumber}});
  ExpectFits(row, whole, where);
  const Schema latency = {{"mean", kNumber},
                          {"p50", kNumber},
                          {"p95", kNumber},
                          {"p99", kNumber},
                          {"samples", kNumber}};
  ExpectFits(row.at("batch_latency_ms").as_object(), latency, where + ".batch_latency_ms");
  ExpectFits(row.at("text_latency_ms").as_object(), latency, where + ".text_latency_ms");
  EXPECT_EQ(row.at("tokens_per_second_range").as_array().size(), 2U);
}

void ExpectListsFit(const json::object& report) {
  for (const json::value& row : report.at("results").as_array()) {
    ExpectRowFits(row.as_object(), "results");
  }
  for (const json::value& series : report.at("series").as_array()) {
    ExpectFits(series.as_object(),
               {{"engine", kText},
                {"provider", kTextOrNull},
                {"precision", kText},
                {"runtime", kTextOrNull},
                {"by", kText},
                {"points", kList}},
               "series");
    for (const json::value& point : series.at("points").as_array()) {
      ExpectFits(point.as_object(), {{"x", kNumber}, {"y", kNumber}, {"y_range", kList}}, "point");
    }
  }
  for (const json::value& quality : report.at("quality").as_array()) {
    ExpectFits(quality.as_object(),
               {{"engine", kText},
                {"precision", kText},
                {"runtime", kTextOrNull},
                {"error", kTextOrNull},
                {"spearman", kNumberOrNull},
                {"pairs", kNumber},
                {"cosine_mean", kNumberOrNull},
                {"cosine_worst", kNumberOrNull},
                {"compared", kNumber}},
               "quality");
  }
}

void ExpectReportFits(const json::object& report) {
  ExpectFits(report,
             {{"schema", kText},
              {"started_at", kText},
              {"seconds", kNumber},
              {"repeat", kNumber},
              {"machine", kObject},
              {"versions", kObject},
              {"model", kObject},
              {"results", kList},
              {"series", kList},
              {"quality", kList},
              {"warnings", kList}},
             "report");
  ExpectFits(report.at("machine").as_object(),
             {{"processor", kText},
              {"logical_cores", kNumber},
              {"physical_cores", kNumber},
              {"workers", kNumber},
              {"features", kList},
              {"memory_mb", kNumber},
              {"system", kText},
              {"cores_busy_before", kNumber}},
             "machine");
  ExpectFits(report.at("versions").as_object(),
             {{"vetor", kText}, {"runtime", kTextOrNull}, {"compiler", kText}}, "versions");
  ExpectFits(report.at("model").as_object(),
             {{"id", kText},
              {"path", kTextOrNull},
              {"dim", kNumber},
              {"max_length", kNumber},
              {"batch_size", kNumber}},
             "model");
  ExpectListsFit(report);
}

json::object JsonOf(const BenchmarkReport& report) {
  auto value = ParseJson(BenchmarkJson(report), "report");
  EXPECT_TRUE(value.ok()) << value.status().ToString();
  return value.ok() ? value->as_object() : json::object();
}

TEST_F(RunBenchmarkTest, EveryEngineCacheStateAndWorkloadHasARow) {
  BenchmarkOptions options = TinyOptions();
  options.config.model.runtime = Runtime::kOnnxRuntime;
  const BenchmarkReport report = MustRun(options);
  ASSERT_EQ(report.rows.size(), 2U * 3 * 2);  // Engines, cache states, work loads.
  std::set<std::string> found;
  for (const BenchmarkRow& row : report.rows) {
    found.insert(row.engine + " " + row.cache + " " + row.workload);
    EXPECT_EQ(row.error, "");
    EXPECT_GT(row.texts, 0U);
    EXPECT_GT(row.texts_per_second.median, 0);
    EXPECT_LE(row.texts_per_second.min, row.texts_per_second.median);
    EXPECT_GE(row.texts_per_second.max, row.texts_per_second.median);
    EXPECT_EQ(row.tokens > 0, row.engine == "onnx") << row.engine;
    EXPECT_GT(row.batch_latency_ms.samples, 0U);
    EXPECT_LE(row.batch_latency_ms.p50, row.batch_latency_ms.p99);
    EXPECT_GT(row.text_latency_ms.samples, 0U);
    EXPECT_EQ(row.cache_hit_rate, row.cache == "cold" ? 0.0 : 1.0) << row.cache;
    EXPECT_GT(row.peak_rss_mb, 1);
  }
  EXPECT_EQ(found.size(), report.rows.size());
  EXPECT_EQ(report.model_id, "tiny-bert");
  EXPECT_EQ(report.dim, 32U);
  EXPECT_THAT(report.runtime, HasSubstr("onnxruntime"));
}

TEST_F(RunBenchmarkTest, ColdTokensAreWhatTheModelSaw) {
  BenchmarkOptions options = TinyOptions();
  options.engines = {BackendKind::kOnnx};
  options.workloads = {"short"};
  const BenchmarkReport report = MustRun(options);
  ASSERT_EQ(report.rows.size(), 3U);
  for (const BenchmarkRow& row : report.rows) EXPECT_EQ(row.tokens, report.rows[0].tokens);
  EXPECT_GT(report.rows[0].tokens, 2 * report.rows[0].texts);
}

TEST_F(RunBenchmarkTest, AProviderThatIsNotThereIsARowThatSaysWhy) {
  BenchmarkOptions options = TinyOptions();
  options.engines = {BackendKind::kOnnx};
  options.providers = {"cpu", "rknpu"};
  options.workloads = {"single"};
  options.cache_states = {CacheState::kCold};
  options.sweeps = true;
  const BenchmarkReport report = MustRun(options);
  ASSERT_EQ(report.rows.size(), 2U);
  EXPECT_EQ(report.rows[0].error, "");
  EXPECT_EQ(report.rows[0].active_provider, "CPUExecutionProvider");
  EXPECT_EQ(report.rows[1].provider, "rknpu");
  EXPECT_THAT(report.rows[1].error, HasSubstr("RknpuExecutionProvider: not in this build"));
  EXPECT_THAT(BenchmarkTable(report), HasSubstr("not measured"));
  ExpectReportFits(JsonOf(report));
}

TEST_F(RunBenchmarkTest, TheJsonHasItsSchemaAndNothingElse) {
  BenchmarkOptions options = TinyOptions();
  options.texts = {"um", "dois", "três", "um"};
  options.sweeps = true;
  options.repeat = 1;
  options.precisions = {Precision::kFp32, Precision::kInt8};
  options.pairs = {{"race", "race test", 5}, {"race", "hello world", 1}, {"spa", "monaco", 2}};
  options.reference = Precision::kFp32;
  const BenchmarkReport report = MustRun(options);
  const json::object object = JsonOf(report);
  ExpectReportFits(object);
  EXPECT_EQ(object.at("schema"), "vetor-bench-1");
  EXPECT_EQ(object.at("results").as_array().size(), 3U * 3 * 3);
  std::set<std::string> plotted;
  for (const BenchmarkSeries& series : report.series) plotted.insert(series.by);
  EXPECT_EQ(plotted, (std::set<std::string>{"batch_size", "latency", "length", "threads"}));
  const std::string html = BenchmarkHtml(report);
  for (const char* plot :
       {"Throughput by length", "Latency of one text", "Throughput by batch size",
        "Throughput by threads", "Quality against speed"}) {
    EXPECT_THAT(html, HasSubstr(plot));
  }
}

TEST_F(RunBenchmarkTest, QualityOfThePrecisions) {
  BenchmarkOptions options = TinyOptions();
  options.engines = {BackendKind::kOnnx};
  options.workloads = {"short"};
  options.cache_states = {CacheState::kCold};
  options.repeat = 1;
  options.precisions = {Precision::kFp32, Precision::kInt8};
  options.pairs = {{"race", "race", 5}, {"race", "race test", 4}, {"spa", "hello world", 1}};
  options.reference = Precision::kFp32;
  const BenchmarkReport report = MustRun(options);
  ASSERT_EQ(report.quality.size(), 2U);
  EXPECT_EQ(report.quality[0].precision, "fp32");
  EXPECT_NEAR(report.quality[0].cosine_mean.value(), 1, 1e-9);
  EXPECT_NEAR(report.quality[0].cosine_worst.value(), 1, 1e-9);
  EXPECT_NEAR(report.quality[0].spearman.value(), 1, 1e-9);
  EXPECT_EQ(report.quality[1].precision, "int8");
  EXPECT_LT(report.quality[1].cosine_worst.value(), 1 - 1e-9);
  EXPECT_LE(report.quality[1].cosine_worst.value(), report.quality[1].cosine_mean.value());
  EXPECT_GT(report.quality[1].cosine_mean.value(), 0.8);
}

TEST_F(RunBenchmarkTest, EachRuntimeIsMeasured) {
  BenchmarkOptions options = TinyOptions();
  options.engines = {BackendKind::kOnnx};
  options.runtimes = {Runtime::kNative, Runtime::kOnnxRuntime};
  options.workloads = {"single"};
  options.cache_states = {CacheState::kCold};
  options.sweeps = true;
  options.repeat = 1;
  options.pairs = {{"race", "race", 5}, {"race", "race test", 4}, {"spa", "hello world", 1}};
  const BenchmarkReport report = MustRun(options);
  ASSERT_EQ(report.rows.size(), 2U);
  EXPECT_EQ(report.rows[0].runtime, "native");
  EXPECT_THAT(report.rows[0].active_runtime, HasSubstr("native ("));
  EXPECT_EQ(report.rows[0].runtime_reason, "");
  EXPECT_EQ(report.rows[1].runtime, "onnxruntime");
  EXPECT_THAT(report.rows[1].active_runtime, HasSubstr("onnxruntime "));
  EXPECT_THAT(report.rows[1].runtime_reason, HasSubstr("\"onnxruntime\""));
  EXPECT_THAT(report.runtime, HasSubstr("native ("));
  EXPECT_THAT(report.runtime, HasSubstr("), onnxruntime "));
  EXPECT_EQ(report.quality.size(), 2U);
  EXPECT_THAT(BenchmarkTable(report), HasSubstr("onnx cpu fp32 native\n"));
  ExpectReportFits(JsonOf(report));
}

TEST_F(RunBenchmarkTest, ARuntimeThatCannotRunTheModelIsARowThatSaysWhy) {
  BenchmarkOptions options = TinyOptions();
  options.config.model.path += "/model.onnx";
  options.engines = {BackendKind::kOnnx};
  options.runtimes = {Runtime::kOnnxRuntime, Runtime::kNative};
  options.providers = {"cuda"};
  options.workloads = {"single"};
  options.sweeps = true;
  const BenchmarkReport report = MustRun(options);
  ASSERT_EQ(report.rows.size(), 2U);
  EXPECT_NE(report.rows[0].error, "");
  EXPECT_EQ(report.rows[1].runtime, "native");
  EXPECT_NE(report.rows[1].error, "");
  ExpectReportFits(JsonOf(report));
}

TEST_F(RunBenchmarkTest, AModelThatIsNotThereIsARowToo) {
  BenchmarkOptions options = TinyOptions();
  options.config.model.path = "/no/such/model";
  options.workloads = {"single"};
  const BenchmarkReport report = MustRun(options);
  ASSERT_EQ(report.rows.size(), 4U);  // Hashing has three cache states.
  EXPECT_THAT(report.rows.back().error, HasSubstr("/no/such/model"));
}

TEST_F(RunBenchmarkTest, ProgressCountsToTheEndAndNothingIsLeftBehind) {
  BenchmarkOptions options = TinyOptions();
  const TemporaryFolder scratch;
  options.scratch = scratch.path();
  size_t next = 0;
  size_t steps = 0;
  options.progress = [&](const BenchmarkProgress& progress) {
    EXPECT_EQ(progress.done, next++);
    steps = progress.total;
  };
  MustRun(options);
  EXPECT_EQ(next, steps);
  EXPECT_EQ(next, 2U * 3 * 2 * 2);
  EXPECT_TRUE(std::filesystem::is_empty(options.scratch));
}

TEST_F(RunBenchmarkTest, AStopIsCancelled) {
  BenchmarkOptions options = TinyOptions();
  std::stop_source stop;
  options.stop = stop.get_token();
  options.progress = [&](const BenchmarkProgress& progress) {
    if (progress.done == 3) stop.request_stop();
  };
  EXPECT_EQ(RunBenchmark(options).status().code(), StatusCode::kCancelled);
}

TEST(RunBenchmark, UnknownNamesAreRefused) {
  BenchmarkOptions options;
  options.engines = {BackendKind::kOnnx};
  EXPECT_THAT(RunBenchmark(options).status().message(), HasSubstr("needs a model"));
  options.config.model.path = "m";
  options.providers = {"gpu"};
  EXPECT_THAT(RunBenchmark(options).status().message(), HasSubstr("provider \"gpu\""));
  options.engines = {BackendKind::kHashing};
  options.workloads = {"middle"};
  EXPECT_THAT(RunBenchmark(options).status().message(), HasSubstr("work load \"middle\""));
  options.workloads = {"single"};
  options.repeat = 0;
  EXPECT_THAT(RunBenchmark(options).status().message(), HasSubstr("repeat is 0"));
}

TEST(RunBenchmark, WithoutACacheOnlyColdIsMeasured) {
  BenchmarkOptions options;
  options.config.cache.enabled = false;
  options.workloads = {"single"};
  const BenchmarkReport report = MustRun(options);
  ASSERT_EQ(report.rows.size(), 1U);
  EXPECT_EQ(report.rows[0].cache, "cold");
  EXPECT_EQ(report.model_id, "hashing-256");
}

}  // namespace
}  // namespace vetor
