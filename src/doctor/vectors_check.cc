#include "doctor/vectors_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <span>
#include <string_view>
#include <utility>

#include "base/counted.h"
#include "config/provider_names.h"
#include "doctor/machine_check.h"
#include "kernels/sets/kernel_set.h"
#include "kernels/vector_norm.h"

namespace vetor {
namespace {

// The first two say the same; São Paulo stands in both, so that hashing sees it too.
constexpr std::string_view kSamples[] = {
    "The Brazilian Grand Prix takes place in São Paulo",
    "O Grande Prêmio do Brasil acontece em São Paulo",
    "Ein einfaches Rezept für Apfelkuchen mit Zimt",
    "明日は朝から雨が降るでしょう",
};
// float32 and a sum of 1024 squares; half precision is normalised in float32 too.
constexpr double kLengthTolerance = 1e-3;

double Dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

std::string SampleText(size_t number) {
  constexpr std::string_view kWords[] = {"race",   "city",  "season", "driver", "result", "street",
                                         "winter", "music", "market", "garden", "letter", "bridge"};
  // 3 to 60 words, most of them few, as titles and sentences are.
  const size_t words = 3 + (number * number) % 13 + (number % 8 == 0 ? 45 : 0);
  std::string text = fmt::format("{}", number);
  for (size_t i = 0; i < words; ++i) {
    text += ' ';
    text += kWords[(number * 7 + i * (1 + number % 5)) % std::size(kWords)];
  }
  return text;
}

// Whether our own kernels, which run the model in fp32, would take less time in bf16.
bool WouldGainByBf16(const EmbeddingsService& service) {
  const auto kernels = ChooseKernelSet(Operands::kBFloat16);
  return service.info().active_runtime.starts_with("native") && kernels.ok() &&
         IsFasterThanFloat32(**kernels);
}

std::vector<std::string> AdviceOnPrecision(const EmbeddingsService& service,
                                           const std::string& int8_remedy) {
  if (!service.active_provider().starts_with(kCpuProvider)) return {};
  const std::string& precision = service.active_precision();
  if (precision == "fp32" && WouldGainByBf16(service)) {
    return {
        "precision: this CPU multiplies bfloat16, so the same file may be up to twice as fast if "
        "ai.onnx.precision is \"bf16\"; compare the results as well as the speed"};
  }
  const std::string feature = Int8Feature();
  if (precision == "fp16") {
    return {"quantisation: fp16 is slow on a CPU; use the model's fp32 or int8 file"};
  }
  if (precision == "fp32" && !feature.empty()) {
    return {
        fmt::format("quantisation: this CPU has {}, an int8 file of the model may be faster: {}; "
                    "compare the results as well as the speed",
                    feature, int8_remedy)};
  }
  if (precision == "int8" && feature.empty()) {
    return {"quantisation: this CPU has no int8 dot products; the fp32 file may be as fast"};
  }
  return {};
}

std::vector<std::string> Advice(const EmbeddingsConfig& config, const SpeedContext& speed,
                                const EmbeddingsService& service) {
  if (service.active_backend() != "onnx") return {};
  // Below it short texts do not fill a run of 512 tokens.
  constexpr int kFewTexts = 16;
  std::vector<std::string> advice;
  if (config.batch_size < kFewTexts && !speed.dynamic_int8) {
    advice.push_back(fmt::format("batch size: ai.batch_size is {}; 32 lets short texts share a run",
                                 config.batch_size));
  }
  for (std::string& line : AdviceOnPrecision(service, speed.int8_remedy)) {
    advice.push_back(std::move(line));
  }
  if (config.onnx.intra_op_threads > 1) {
    advice.push_back(
        fmt::format("threads: ai.onnx.intra_op_threads is {}; 0 gives more texts per second, and a "
                    "single text still has all cores",
                    config.onnx.intra_op_threads));
  }
  if (!speed.not_asked.empty()) {
    advice.push_back(
        fmt::format("provider: the library also offers {}; try vetor doctor "
                    "--provider {},cpu",
                    fmt::join(speed.not_asked, ", "), speed.not_asked.front()));
  }
  return advice;
}

}  // namespace

Result<EmbeddingSpeed> MeasureSpeed(const std::stop_token& stop, EmbeddingsService* service) {
  using Clock = std::chrono::steady_clock;
  constexpr double kSeconds = 1;
  constexpr double kChunkSeconds = 0.25;
  constexpr size_t kMostTexts = 8192;
  EmbedOptions options;
  options.use_cache = false;
  options.stop = stop;
  EmbeddingSpeed speed;
  const Clock::time_point start = Clock::now();
  size_t count = 16;
  while (speed.seconds < kSeconds) {
    std::vector<std::string> texts;
    for (size_t i = 0; i < count; ++i) texts.push_back(SampleText(speed.texts + i));
    Result<Embeddings> rows = service->Embed(texts, options);
    if (!rows.ok()) return rows.status();
    for (const TextInfo& text : rows->texts) speed.tokens += text.tokens;
    speed.texts += rows->rows;
    speed.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    // As many as fit a quarter of a second, so that a slow model does not overrun.
    const double rate = static_cast<double>(speed.texts) / std::max(1e-6, speed.seconds);
    count = static_cast<size_t>(std::clamp(rate * kChunkSeconds, 1.0, double{kMostTexts}));
  }
  return speed;
}

DoctorCheck CheckSampleTexts(EmbeddingsService* service, bool normalize) {
  DoctorCheck check{.name = "sample texts"};
  const Result<Embeddings> rows = service->Embed(std::span<const std::string_view>(kSamples));
  if (!rows.ok()) {
    return WrongCheck("sample texts", rows.status(),
                      "the model's file or its precision is at fault; try another one");
  }
  bool unit = true;
  for (size_t i = 0; i < rows->rows; ++i) {
    const double length = std::sqrt(Dot(rows->row(i), rows->row(i)));
    if (!std::isfinite(length)) {
      check.state = CheckState::kWrong;
      check.detail = fmt::format("text {} has a vector that is not finite", i);
      check.remedy = "the model's file or its precision is at fault; try another one";
      return check;
    }
    unit = unit && std::abs(length - 1) < kLengthTolerance;
  }
  const bool cut = std::any_of(rows->texts.begin(), rows->texts.end(),
                               [](const TextInfo& text) { return text.truncated; });
  const double related = Cosine(rows->row(0), rows->row(1));
  double unrelated = -1;
  for (size_t i = 2; i < rows->rows; ++i) {
    unrelated = std::max(unrelated, Cosine(rows->row(0), rows->row(i)));
  }
  check.detail = fmt::format(
      "{} texts in 4 languages, {} components, finite{}\nsimilarity {:.2f} for the same in English "
      "and Portuguese, {:.2f} at most for other things",
      rows->rows, rows->dim, normalize && unit ? ", length 1" : "", related, unrelated);
  if (normalize && !unit) {
    check.state = CheckState::kWrong;
    check.detail += "\ntheir length is not 1";
    check.remedy = "this is a fault of vetor or of the runtime; report it with this output";
  } else if (!(related > unrelated) && cut) {
    check.state = CheckState::kNote;
    check.remedy = fmt::format(
        "these texts were cut at {}, the maximum length, so their similarity says nothing of the "
        "model: raise the maximum, or export the graph with a free length",
        Counted(static_cast<uint64_t>(service->max_length()), "token"));
  } else if (!(related > unrelated)) {
    check.state = CheckState::kWrong;
    check.remedy =
        "pooling, prompt or tokenizer may not belong to this model: compare them with its card";
  }
  return check;
}

DoctorCheck CheckSpeed(const EmbeddingsConfig& config, const SpeedContext& speed,
                       const std::stop_token& stop, EmbeddingsService* service) {
  const Result<EmbeddingSpeed> measured = MeasureSpeed(stop, service);
  if (!measured.ok()) return WrongCheck("speed", measured.status(), "see the checks above");
  DoctorCheck check{.name = "speed"};
  const auto rate = [&](uint64_t count) {
    return WithThousands(static_cast<uint64_t>(static_cast<double>(count) / measured->seconds));
  };
  check.detail = fmt::format("{} texts/s", rate(measured->texts));
  if (measured->tokens > 0) check.detail += fmt::format(", {} tokens/s", rate(measured->tokens));
  check.detail += fmt::format(" on {}", service->model_id());
  if (!service->active_provider().empty()) {
    check.detail +=
        fmt::format(", {}, {}", service->active_precision(), service->active_provider());
  }
  if (speed.dynamic_int8) {
    check.detail += "\nbatch size has no effect: texts of a dynamically quantised model run alone";
  }
  check.remedy = fmt::format("{}", fmt::join(Advice(config, speed, *service), "\n"));
  if (!check.remedy.empty()) check.state = CheckState::kNote;
  return check;
}

}  // namespace vetor
