// The report as JSON; docs/bench-json.md describes every key.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>

#include "vetor/benchmark.h"

namespace vetor {
namespace {

namespace json = boost::json;

constexpr const char* kSchema = "vetor-bench-1";

// Six digits: more would claim a precision that no clock here has.
json::value Rounded(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::stod(fmt::format("{:.6g}", value));
}

json::value OrNull(const std::optional<double>& value) {
  if (value) return Rounded(*value);
  return nullptr;
}

json::value Text(const std::string& text) {
  if (text.empty()) return nullptr;
  return json::value(text);
}

json::object LatencyJson(const Latency& latency) {
  return {{"mean", Rounded(latency.mean)},
          {"p50", Rounded(latency.p50)},
          {"p95", Rounded(latency.p95)},
          {"p99", Rounded(latency.p99)},
          {"samples", latency.samples}};
}

json::array Range(const Spread& spread) { return {Rounded(spread.min), Rounded(spread.max)}; }

json::object RowJson(const BenchmarkRow& row) {
  json::object object = {{"engine", row.engine},       {"provider", Text(row.provider)},
                         {"precision", row.precision}, {"runtime", Text(row.runtime)},
                         {"cache", Text(row.cache)},   {"workload", Text(row.workload)},
                         {"error", Text(row.error)}};
  if (!row.error.empty()) return object;
  const json::object figures = {
      {"active_provider", Text(row.active_provider)},
      {"active_runtime", Text(row.active_runtime)},
      {"runtime_reason", Text(row.runtime_reason)},
      {"texts", row.texts},
      {"tokens", row.tokens},
      {"texts_per_second", Rounded(row.texts_per_second.median)},
      {"texts_per_second_range", Range(row.texts_per_second)},
      {"tokens_per_second", Rounded(row.tokens_per_second.median)},
      {"tokens_per_second_range", Range(row.tokens_per_second)},
      {"batch_latency_ms", LatencyJson(row.batch_latency_ms)},
      {"text_latency_ms", LatencyJson(row.text_latency_ms)},
      {"cache_hit_rate", Rounded(row.cache_hit_rate)},
      {"peak_rss_mb", Rounded(row.peak_rss_mb)},
      {"rss_growth_mb", Rounded(row.rss_growth_mb)},
      {"cores_busy", Rounded(row.cores_busy)},
      {"cores_busy_elsewhere", Rounded(row.cores_busy_elsewhere)},
  };
  object.insert(figures.begin(), figures.end());
  return object;
}

json::object SeriesJson(const BenchmarkSeries& series) {
  json::array points;
  for (const BenchmarkSeries::Point& point : series.points) {
    points.push_back(
        {{"x", Rounded(point.x)}, {"y", Rounded(point.y.median)}, {"y_range", Range(point.y)}});
  }
  return {{"engine", series.engine},
          {"provider", Text(series.provider)},
          {"precision", series.precision},
          {"runtime", Text(series.runtime)},
          {"by", series.by},
          {"points", std::move(points)}};
}

json::object QualityJson(const BenchmarkQuality& quality) {
  return {{"engine", quality.engine},
          {"precision", quality.precision},
          {"runtime", Text(quality.runtime)},
          {"error", Text(quality.error)},
          {"spearman", OrNull(quality.spearman)},
          {"pairs", quality.pairs},
          {"cosine_mean", OrNull(quality.cosine_mean)},
          {"cosine_worst", OrNull(quality.cosine_worst)},
          {"compared", quality.compared}};
}

json::object MachineJson(const BenchmarkMachine& machine) {
  json::array features;
  for (const std::string& feature : machine.features) features.emplace_back(feature);
  return {{"processor", machine.processor},
          {"logical_cores", machine.logical_cores},
          {"physical_cores", machine.physical_cores},
          {"workers", machine.workers},
          {"features", std::move(features)},
          {"memory_mb", Rounded(machine.memory_mb)},
          {"system", machine.system},
          {"cores_busy_before", Rounded(machine.cores_busy_before)}};
}

// Numbers as 0.913 (Boost.JSON writes 9.13E-1), and one line per element of the outer lists.
void Append(const json::value& value, int depth, std::string* out) {
  const auto new_line = [&](int levels) {
    if (depth < 2) out->append("\n").append(2 * static_cast<size_t>(levels), ' ');
  };
  const char* separator = depth < 2 ? "," : ", ";
  if (const auto* number = value.if_double()) {
    *out += fmt::format("{}", *number);
  } else if (const auto* array = value.if_array()) {
    *out += '[';
    for (const json::value& element : *array) {
      if (&element != array->begin()) *out += separator;
      new_line(depth + 1);
      Append(element, depth + 1, out);
    }
    if (!array->empty()) new_line(depth);
    *out += ']';
  } else if (const auto* object = value.if_object()) {
    *out += '{';
    for (const auto& member : *object) {
      if (&member != object->begin()) *out += separator;
      new_line(depth + 1);
      *out += json::serialize(member.key()) + ": ";
      Append(member.value(), depth + 1, out);
    }
    if (!object->empty()) new_line(depth);
    *out += '}';
  } else {
    *out += json::serialize(value);
  }
}

template <typename T, typename ToJson>
json::array List(const std::vector<T>& items, ToJson to_json) {
  json::array array;
  for (const T& item : items) array.push_back(to_json(item));
  return array;
}

}  // namespace

std::string BenchmarkJson(const BenchmarkReport& report) {
  const json::object object = {
      {"schema", kSchema},
      {"started_at", report.started_at},
      {"seconds", Rounded(report.seconds)},
      {"repeat", report.repeat},
      {"machine", MachineJson(report.machine)},
      {"versions",
       {{"vetor", report.vetor_version},
        {"runtime", Text(report.runtime)},
        {"compiler", report.compiler}}},
      {"model",
       {{"id", report.model_id},
        {"path", Text(report.model_path)},
        {"dim", report.dim},
        {"max_length", report.max_length},
        {"batch_size", report.batch_size}}},
      {"results", List(report.rows, RowJson)},
      {"series", List(report.series, SeriesJson)},
      {"quality", List(report.quality, QualityJson)},
      {"warnings",
       List(report.warnings, [](const std::string& text) { return json::value(text); })},
  };
  std::string text;
  Append(object, 0, &text);
  return text + "\n";
}

}  // namespace vetor
