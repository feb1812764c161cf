// The report as one page: tables and plots, no script, nothing from elsewhere.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "benchmark/report_words.h"
#include "benchmark/svg_plot.h"
#include "vetor/benchmark.h"

namespace vetor {
namespace {

// Both schemes keep a contrast of at least 4.5 to 1 for text; the plot colours differ in lightness
// too, for those who do not see hues (after Okabe and Ito, 2008).
constexpr const char* kStyle = R"(
:root{color-scheme:light dark;--paper:#fbfbf9;--card:#fff;--ink:#1c1e21;--soft:#5b6068;--grid:#e4e4e0;--warn:#8a4b00;
--plot-1:#0b63b0;--plot-2:#c2410c;--plot-3:#047857;--plot-4:#9333a8;--plot-5:#a16207;--plot-6:#475569}
@media(prefers-color-scheme:dark){:root{--paper:#15171a;--card:#1d2024;--ink:#e9e9e6;--soft:#a5abb3;--grid:#33373d;--warn:#f5b75c;
--plot-1:#6cb6ff;--plot-2:#ff9d66;--plot-3:#5ad6a6;--plot-4:#d9a0ea;--plot-5:#e6c34d;--plot-6:#b3bdc9}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1280px;padding:28px 20px 60px;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
h1{font-size:26px;margin:0 0 4px}h2{font-size:18px;margin:34px 0 10px}h3{font-size:15px;margin:0 0 8px}
p{margin:4px 0}.soft{color:var(--soft)}.warn{color:var(--warn);font-weight:600}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(460px,100%),1fr));gap:16px}
.card{background:var(--card);border:1px solid var(--grid);border-radius:10px;padding:16px;overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}
th,td{text-align:right;padding:5px 7px;border-bottom:1px solid var(--grid);white-space:nowrap}
th{color:var(--soft);font-weight:600}th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}
td small{display:block;color:var(--soft);font-size:11.5px}td{vertical-align:top}
tr:last-child td{border-bottom:0}
svg{width:100%;height:auto;display:block}svg text{fill:var(--soft);font-size:12px}svg .label{fill:var(--ink);font-size:13px}
.grid{stroke:var(--grid)}.axis{stroke:var(--soft)}.line path{fill:none;stroke:currentColor;stroke-width:2.2}
.line circle{fill:currentColor}.range{stroke:currentColor;stroke-width:1.5;opacity:.55}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;margin:8px 0 0;padding:0;font-size:13px}
.legend i{display:inline-block;width:12px;height:12px;border-radius:3px;margin-right:6px;vertical-align:-1px}
)";

std::string Cell(const std::string& text) { return "<td>" + EscapeHtml(text) + "</td>"; }

// The median, and below it in small the smallest and the largest.
std::string SpreadCell(const Spread& spread) {
  if (spread.min == spread.max) return Cell(Grouped(spread.median));
  return fmt::format("<td>{}<small>{} - {}</small></td>", Grouped(spread.median),
                     Grouped(spread.min), Grouped(spread.max));
}

std::string Head(const std::vector<std::string>& names) {
  std::string text = "<tr>";
  for (const std::string& name : names) text += "<th>" + EscapeHtml(name) + "</th>";
  return text + "</tr>";
}

std::string RowHtml(const BenchmarkRow& row) {
  const Latency& batch = row.batch_latency_ms;
  return "<tr>" + Cell(row.workload) + Cell(row.cache) + SpreadCell(row.texts_per_second) +
         (row.tokens > 0 ? SpreadCell(row.tokens_per_second) : Cell("-")) +
         Cell(Milliseconds(batch.mean)) + Cell(Milliseconds(batch.p50)) +
         Cell(Milliseconds(batch.p95)) + Cell(Milliseconds(batch.p99)) +
         Cell(Milliseconds(row.text_latency_ms.p50)) + Cell(Milliseconds(row.text_latency_ms.p99)) +
         Cell(fmt::format("{:.0f} %", 100 * row.cache_hit_rate)) +
         Cell(fmt::format("{:.0f}", row.peak_rss_mb)) +
         Cell(fmt::format("{:+.0f}", row.rss_growth_mb)) + "</tr>";
}

std::string RowTablesHtml(const BenchmarkReport& report) {
  std::string html;
  std::string open;  // The name whose table is being written.
  for (const BenchmarkRow& row : report.rows) {
    const std::string name =
        ConfigurationName(row.engine, row.provider, row.precision, row.runtime);
    if (name != open || !row.error.empty()) {
      if (!open.empty()) html += "</table></div>";
      open.clear();
      html += "<h2>" + EscapeHtml(name) + "</h2>";
    }
    if (!row.error.empty()) {
      html += "<div class=\"card\"><p class=\"warn\">Not measured: " + EscapeHtml(row.error) +
              "</p></div>";
      continue;
    }
    if (open.empty()) {
      open = name;
      html += "<div class=\"card\"><p class=\"soft\">" + EscapeHtml(RuntimeLine(row)) +
              "</p><table>" +
              Head({"work load", "cache", "texts/s", "tokens/s", "batch mean", "p50", "p95", "p99",
                    "text p50", "p99", "hits", "peak MB", "growth MB"});
    }
    html += RowHtml(row);
  }
  return open.empty() ? html : html + "</table></div>";
}

std::vector<PlotLine> LinesBy(const BenchmarkReport& report, const std::string& by,
                              const std::string& engine) {
  std::vector<PlotLine> lines;
  for (const BenchmarkSeries& series : report.series) {
    if (series.by != by || (!engine.empty() && series.engine != engine)) continue;
    PlotLine line{.name = ConfigurationName(series.engine, series.provider, series.precision,
                                            series.runtime)};
    for (const BenchmarkSeries::Point& point : series.points) {
      line.points.push_back({point.x, point.y.median, point.y.min, point.y.max});
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string Card(const std::string& title, const std::string& note, const Plot& plot) {
  const std::string drawing = DrawPlot(plot);
  if (drawing.empty()) return {};
  return "<section class=\"card\"><h3>" + EscapeHtml(title) + "</h3>" + drawing +
         "<p class=\"soft\">" + EscapeHtml(note) + "</p></section>";
}

// Cold tokens per second of the mixed work load, else of the first one.
std::optional<double> SpeedOf(const BenchmarkReport& report, const BenchmarkQuality& quality) {
  const BenchmarkRow* found = nullptr;
  for (const BenchmarkRow& row : report.rows) {
    const bool fits = row.error.empty() && row.cache == "cold" && row.engine == quality.engine &&
                      row.precision == quality.precision && row.runtime == quality.runtime;
    if (fits && (found == nullptr || row.workload == "mixed")) found = &row;
  }
  if (found == nullptr) return std::nullopt;
  return found->texts_per_second.median;
}

std::string QualityPlot(const BenchmarkReport& report) {
  const bool ranked = std::any_of(report.quality.begin(), report.quality.end(),
                                  [](const BenchmarkQuality& q) { return q.spearman.has_value(); });
  Plot plot{.x_label = "texts per second, cold",
            .y_label = ranked ? "Spearman" : "mean cosine to the reference",
            .y_from_zero = false,
            .join = false};
  for (const BenchmarkQuality& quality : report.quality) {
    const std::optional<double> value = ranked ? quality.spearman : quality.cosine_mean;
    const std::optional<double> speed = SpeedOf(report, quality);
    if (!value || !speed || (ranked && quality.engine == "hashing")) continue;
    plot.lines.push_back(
        {.name = ConfigurationName(quality.engine, "", quality.precision, quality.runtime),
         .points = {{*speed, *value, *value, *value}}});
  }
  return Card("Quality against speed",
              "Up and to the right is better. Hashing, which knows "
              "spelling only, is in the table.",
              plot);
}

std::string Plots(const BenchmarkReport& report) {
  std::string html =
      Card("Throughput by length",
           "One call with all texts, cache off; bars from the smallest to "
           "the largest run.",
           {.x_label = "mean tokens per text",
            .y_label = "tokens per second",
            .lines = LinesBy(report, "length", "onnx"),
            .log_x = true}) +
      Card("Latency of one text",
           "Share of calls with one text that were answered within this time; nothing is cached.",
           {.x_label = "milliseconds",
            .y_label = "share of calls",
            .lines = LinesBy(report, "latency", "onnx")}) +
      Card("Throughput by batch size", "Mixed texts; a batch also has at most 512 tokens.",
           {.x_label = "texts in a batch, at most",
            .y_label = "tokens per second",
            .lines = LinesBy(report, "batch_size", ""),
            .log_x = true}) +
      Card("Throughput by threads", "Mixed texts; one worker per thread.",
           {.x_label = "worker threads",
            .y_label = "tokens per second",
            .lines = LinesBy(report, "threads", ""),
            .log_x = true}) +
      QualityPlot(report) +
      Card("Hashing by length", "One call with all texts, cache off.",
           {.x_label = "words per text",
            .y_label = "texts per second",
            .lines = LinesBy(report, "length", "hashing"),
            .log_x = true});
  return html.empty() ? html : "<h2>Plots</h2><div class=\"cards\">" + html + "</div>";
}

std::string QualityHtml(const BenchmarkReport& report) {
  if (report.quality.empty()) return {};
  const auto number = [](const std::optional<double>& value) {
    return Cell(value ? fmt::format("{:.5f}", *value) : "-");
  };
  std::string html =
      "<h2>Quality</h2><div class=\"card\"><table>" +
      Head({"engine", "precision", "Spearman", "pairs", "cosine mean", "cosine worst", "texts"});
  for (const BenchmarkQuality& quality : report.quality) {
    html += "<tr>" + Cell(ConfigurationName(quality.engine, "", "", quality.runtime)) +
            Cell(quality.precision);
    if (!quality.error.empty()) {
      html += "<td colspan=\"5\" class=\"warn\">" + EscapeHtml(quality.error) + "</td></tr>";
      continue;
    }
    html += number(quality.spearman) + Cell(std::to_string(quality.pairs)) +
            number(quality.cosine_mean) + number(quality.cosine_worst) +
            Cell(std::to_string(quality.compared)) + "</tr>";
  }
  return html + "</table></div>";
}

std::string Summary(const BenchmarkReport& report) {
  const BenchmarkMachine& machine = report.machine;
  std::string html = fmt::format(
      "<h1>vetor bench: {}</h1><p>{} &middot; {} workers of {} cores &middot; {:.0f} MB &middot; {}"
      "</p><p class=\"soft\">vetor {}{} &middot; {} &middot; batches of at most {} texts &middot; "
      "medians of {} runs, smallest and largest in brackets &middot; {} &middot; {:.0f} s</p>",
      EscapeHtml(report.model_id), EscapeHtml(machine.processor), machine.workers,
      machine.physical_cores, machine.memory_mb, EscapeHtml(machine.system),
      EscapeHtml(report.vetor_version),
      report.runtime.empty() ? "" : " &middot; " + EscapeHtml(report.runtime),
      EscapeHtml(report.compiler), report.batch_size, report.repeat, EscapeHtml(report.started_at),
      report.seconds);
  for (const std::string& warning : report.warnings) {
    html += "<p class=\"warn\">Warning: " + EscapeHtml(warning) + "</p>";
  }
  return html;
}

}  // namespace

std::string BenchmarkHtml(const BenchmarkReport& report) {
  return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
         "content=\"width=device-width,initial-scale=1\"><title>vetor bench: " +
         EscapeHtml(report.model_id) + "</title><style>" + kStyle + "</style></head><body>" +
         Summary(report) + Plots(report) + RowTablesHtml(report) + QualityHtml(report) +
         "</body></html>\n";
}

}  // namespace vetor
