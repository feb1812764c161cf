// The report for a terminal.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "benchmark/report_words.h"
#include "vetor/benchmark.h"

namespace vetor {
namespace {

using Cells = std::vector<std::string>;

// Columns as wide as their widest cell; all but the first two to the right.
std::string Layout(const std::vector<Cells>& lines) {
  std::vector<size_t> widths;
  for (const Cells& cells : lines) {
    widths.resize(std::max(widths.size(), cells.size()));
    for (size_t c = 0; c < cells.size(); ++c) widths[c] = std::max(widths[c], cells[c].size());
  }
  std::string text;
  for (const Cells& cells : lines) {
    std::string line = " ";
    for (size_t c = 0; c < cells.size(); ++c) {
      line += " " +
              (c < 2 ? fmt::format("{:<{}}", cells[c], widths[c])
                     : fmt::format("{:>{}}", cells[c], widths[c])) +
              " ";
    }
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

// In one unit, which the mean chooses.
std::string LatencyCell(const Latency& latency) {
  const bool micro = latency.mean < 0.1;
  const double factor = micro ? 1000 : 1;
  return fmt::format("{:.3g} / {:.3g} / {:.3g} / {:.3g} {}", latency.mean * factor,
                     latency.p50 * factor, latency.p95 * factor, latency.p99 * factor,
                     micro ? "us" : "ms");
}

Cells RowCells(const BenchmarkRow& row) {
  return {row.workload,
          row.cache,
          row.tokens > 0 ? Grouped(row.texts_per_second.median) : WithRange(row.texts_per_second),
          row.tokens > 0 ? WithRange(row.tokens_per_second) : "-",
          LatencyCell(row.batch_latency_ms),
          fmt::format("{} / {}", Milliseconds(row.text_latency_ms.p50),
                      Milliseconds(row.text_latency_ms.p99)),
          fmt::format("{:.0f} %", 100 * row.cache_hit_rate),
          fmt::format("{:.0f} (+{:.0f})", row.peak_rss_mb, row.rss_growth_mb)};
}

std::string RowTables(const BenchmarkReport& report) {
  std::string text;
  for (size_t begin = 0; begin < report.rows.size();) {
    const BenchmarkRow& first = report.rows[begin];
    text += "\n" + ConfigurationName(first.engine, first.provider, first.precision, first.runtime) +
            "\n";
    if (!first.error.empty()) {
      text += "  not measured: " + first.error + "\n";
      ++begin;
      continue;
    }
    const std::string runtime = RuntimeLine(first);
    if (!runtime.empty()) text += "  " + runtime + "\n";
    std::vector<Cells> lines = {{"work load", "cache", "texts/s", "tokens/s",
                                 "batch mean / p50 / p95 / p99", "text p50 / p99", "hits",
                                 "peak MB (grown)"}};
    for (; begin < report.rows.size(); ++begin) {
      const BenchmarkRow& row = report.rows[begin];
      const bool same = row.error.empty() && row.engine == first.engine &&
                        row.provider == first.provider && row.precision == first.precision &&
                        row.runtime == first.runtime;
      if (!same) break;
      lines.push_back(RowCells(row));
    }
    text += Layout(lines);
  }
  return text;
}

std::string OrDash(const std::optional<double>& value) {
  return value ? fmt::format("{:.5f}", *value) : "-";
}

std::string QualityTable(const BenchmarkReport& report) {
  if (report.quality.empty()) return {};
  std::vector<Cells> lines = {
      {"engine", "precision", "Spearman", "pairs", "cosine mean", "cosine worst", "texts"}};
  std::string errors;
  for (const BenchmarkQuality& quality : report.quality) {
    if (!quality.error.empty()) {
      errors += fmt::format(
          "  {} not judged: {}\n",
          ConfigurationName(quality.engine, "", quality.precision, quality.runtime), quality.error);
      continue;
    }
    lines.push_back({ConfigurationName(quality.engine, "", "", quality.runtime), quality.precision,
                     OrDash(quality.spearman), std::to_string(quality.pairs),
                     OrDash(quality.cosine_mean), OrDash(quality.cosine_worst),
                     std::to_string(quality.compared)});
  }
  return "\nquality\n" + Layout(lines) + errors;
}

}  // namespace

std::string BenchmarkTable(const BenchmarkReport& report) {
  const BenchmarkMachine& machine = report.machine;
  std::string text =
      fmt::format("vetor {} on {}, {} workers of {} cores, {}{}\n", report.vetor_version,
                  machine.processor, machine.workers, machine.physical_cores, machine.system,
                  report.runtime.empty() ? "" : ", " + report.runtime);
  text += fmt::format(
      "{}{}, batches of at most {} texts; medians of {} runs (smallest-largest), {:.0f} s in all\n",
      report.model_id, report.max_length > 0 ? fmt::format(", {} tokens", report.max_length) : "",
      report.batch_size, report.repeat, report.seconds);
  text += RowTables(report) + QualityTable(report);
  for (const std::string& warning : report.warnings) text += "\nwarning: " + warning + "\n";
  return text;
}

}  // namespace vetor
