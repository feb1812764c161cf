#include "cli/output/run_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/value_from.hpp>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/counted.h"
#include "base/status_macros.h"
#include "cli/output/json_text.h"
#include "cli/output/progress.h"
#include "cli/streams/byte_stream.h"

namespace vetor::cli {
namespace {

double PerSecond(uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

double Mebibytes(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

// "410 texts/s"
std::string Rate(uint64_t count, double seconds, std::string_view noun) {
  return Counted(static_cast<uint64_t>(PerSecond(count, seconds)), noun) + "/s";
}

std::string FirstLine(const RunReport& report) {
  std::string line = fmt::format("vetor {}: {}", report.command, Counted(report.texts, "text"));
  if (report.tokens > 0) line += ", " + Counted(report.tokens, "token");
  line += fmt::format(" in {:.2f} s", report.seconds);
  if (report.texts > 0) {
    line += " (" + Rate(report.texts, report.seconds, "text");
    if (report.tokens > 0) line += ", " + Rate(report.tokens, report.seconds, "token");
    line += ")";
  }
  return line +
         fmt::format("; peak memory {:.0f} MB", Mebibytes(report.metrics.peak_resident_bytes));
}

std::string SecondLine(const RunReport& report) {
  const Metrics& metrics = report.metrics;
  std::string line = metrics.model_id;
  if (!metrics.runtime.empty()) line += ", " + metrics.runtime;
  if (!metrics.provider.empty()) line += ", " + metrics.provider;
  if (!metrics.precision.empty()) line += ", " + metrics.precision;
  if (report.truncated > 0) {
    line += fmt::format("; {} truncated at {} tokens", WithThousands(report.truncated),
                        report.max_length);
  }
  if (metrics.cache_hits > 0) {
    line += fmt::format("; {} from the cache", WithThousands(metrics.cache_hits));
    std::vector<std::string> levels;
    for (const CacheTierMetrics& tier : metrics.cache_tiers) {
      if (tier.hits > 0) levels.push_back(WithThousands(tier.hits) + " " + tier.name);
    }
    if (!levels.empty()) line += fmt::format(" ({})", fmt::join(levels, ", "));
  }
  return line;
}

boost::json::array TiersJson(const std::vector<CacheTierMetrics>& tiers) {
  boost::json::array list;
  for (const CacheTierMetrics& tier : tiers) {
    boost::json::object fields;
    ForEachTierMetric(tier, [&fields](const char* name, const auto& value) {
      fields[name] = boost::json::value_from(value);
    });
    list.push_back(std::move(fields));
  }
  return list;
}

}  // namespace

std::string FormatSummary(const RunReport& report) {
  std::string text = FirstLine(report);
  if (!report.metrics.model_id.empty()) text += "\n  " + SecondLine(report);
  if (report.metrics.fallback) {
    text += fmt::format("\n  FALLBACK: hashing ran instead of the model: {}",
                        report.metrics.fallback_reason);
  }
  return text;
}

boost::json::object StatsJson(const RunReport& report) {
  const Metrics& metrics = report.metrics;
  boost::json::object stats = {
      {"command", report.command},
      {"texts", report.texts},
      {"tokens", report.tokens},
      {"truncated", report.truncated},
      {"seconds", report.seconds},
      {"open_seconds", report.open_seconds},
      {"texts_per_second", PerSecond(report.texts, report.seconds)},
      {"tokens_per_second", PerSecond(report.tokens, report.seconds)},
      {"peak_rss_mb", Mebibytes(metrics.peak_resident_bytes)},
  };
  if (!metrics.model_id.empty()) {
    const boost::json::object service = {
        {"model", metrics.model_id},
        {"backend", metrics.backend},
        {"provider", metrics.provider},
        {"runtime", metrics.runtime},
        {"runtime_reason", metrics.runtime_reason},
        {"precision", metrics.precision},
        {"dim", report.dim},
        {"max_length", report.max_length},
        {"cache_hits", metrics.cache_hits},
        {"cache_misses", metrics.cache_misses},
        {"cache_memory_hits", metrics.cache_memory_hits},
        {"cache_disk_hits", metrics.cache_disk_hits},
        {"computed_texts", metrics.computed_texts},
        {"joined_texts", metrics.joined_texts},
        {"computed_tokens", metrics.tokens},
        {"padding_tokens", metrics.padding_tokens},
        {"fallback", metrics.fallback},
        {"fallback_reason", metrics.fallback_reason},
    };
    stats.insert(service.begin(), service.end());
    boost::json::object all;
    ForEachMetric(metrics, [&all](const char* name, const auto& value) {
      if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::vector<CacheTierMetrics>>) {
        all[name] = TiersJson(value);
      } else {
        all[name] = boost::json::value_from(value);
      }
    });
    stats["metrics"] = std::move(all);
  }
  stats.insert(report.extra.begin(), report.extra.end());
  return stats;
}

Status WriteStats(const std::string& path, const boost::json::object& stats) {
  VETOR_ASSIGN_OR_RETURN(OutputStream output, OutputStream::Open(path));
  VETOR_RETURN_IF_ERROR(output.Write(JsonLine(stats) + "\n"));
  return output.Commit();
}

}  // namespace vetor::cli
