#include "benchmark/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "benchmark/report_words.h"

namespace vetor {
namespace {

constexpr double kWidth = 560;
constexpr double kHeight = 320;
constexpr double kLeft = 68;
constexpr double kRight = 16;
constexpr double kTop = 14;
constexpr double kBottom = 46;
constexpr size_t kColours = 6;
constexpr size_t kMarksAtMost = 16;  // A line of more points than these is drawn without marks.

// One direction of a plot: from a value to a place in the drawing.
struct Axis {
  double low = 0;
  double high = 1;
  double from = 0;
  double to = 1;
  bool log = false;

  double Place(double value) const {
    const double l = log ? std::log2(low) : low;
    const double h = log ? std::log2(high) : high;
    const double v = log ? std::log2(std::max(value, low)) : value;
    return h > l ? from + (to - from) * (v - l) / (h - l) : (from + to) / 2;
  }
};

std::string TickLabel(double value) {
  if (value >= 10000) return fmt::format("{:g}k", value / 1000);
  return fmt::format("{:.6g}", value);
}

struct Frame {
  Axis x;
  Axis y;
  std::vector<double> x_ticks;
  std::vector<double> y_ticks;
};

std::vector<double> PowersOfTwo(double low, double high) {
  std::vector<double> ticks;
  double tick = std::exp2(std::floor(std::log2(low)));
  while (tick <= high * 1.001) {
    if (tick >= low * 0.999) ticks.push_back(tick);
    tick *= 2;
  }
  return ticks;
}

Frame MakeFrame(const Plot& plot) {
  double x_low = std::numeric_limits<double>::max();
  double x_high = -x_low;
  double y_low = x_low;
  double y_high = x_high;
  for (const PlotLine& line : plot.lines) {
    for (const PlotPoint& point : line.points) {
      x_low = std::min(x_low, point.x);
      x_high = std::max(x_high, point.x);
      y_low = std::min({y_low, point.y, point.y_min});
      y_high = std::max({y_high, point.y, point.y_max});
    }
  }
  if (plot.y_from_zero) y_low = std::min(0.0, y_low);
  Frame frame;
  frame.y_ticks = RoundTicks(y_low, y_high, 5);
  frame.y = {frame.y_ticks.front(), frame.y_ticks.back(), kHeight - kBottom, kTop};
  const bool log = plot.log_x && x_low > 0;
  frame.x_ticks = log ? PowersOfTwo(x_low, x_high) : RoundTicks(plot.join ? x_low : 0, x_high, 6);
  if (!log) {
    x_low = frame.x_ticks.front();
    x_high = frame.x_ticks.back();
  }
  frame.x = {x_low, x_high, kLeft, kWidth - kRight, log};
  return frame;
}

std::string DrawAxes(const Plot& plot, const Frame& frame) {
  std::string svg;
  for (const double tick : frame.y_ticks) {
    const double y = frame.y.Place(tick);
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>"
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>",
        kLeft, y, kWidth - kRight, y, kLeft - 7, y + 4, TickLabel(tick));
  }
  for (const double tick : frame.x_ticks) {
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>",
                       frame.x.Place(tick), kHeight - kBottom + 18, TickLabel(tick));
  }
  svg += fmt::format(
      "<line class=\"axis\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{2:.1f}\" y2=\"{1:.1f}\"/>"
      "<text class=\"label\" x=\"{3:.1f}\" y=\"{4:.1f}\" text-anchor=\"middle\">{5}</text>"
      "<text class=\"label\" transform=\"translate(14 {6:.1f}) rotate(-90)\" "
      "text-anchor=\"middle\">{7}</text>",
      kLeft, kHeight - kBottom, kWidth - kRight, (kLeft + kWidth - kRight) / 2, kHeight - 8,
      EscapeHtml(plot.x_label), (kTop + kHeight - kBottom) / 2, EscapeHtml(plot.y_label));
  return svg;
}

std::string DrawLine(const PlotLine& line, const Plot& plot, const Frame& frame, size_t number) {
  std::string path;
  std::string marks;
  for (const PlotPoint& point : line.points) {
    const double x = frame.x.Place(point.x);
    const double y = frame.y.Place(point.y);
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : " L", x, y);
    if (point.y_min < point.y_max) {
      marks += fmt::format(
          "<line class=\"range\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\"/>", x,
          frame.y.Place(point.y_min), frame.y.Place(point.y_max));
    }
    if (line.points.size() > kMarksAtMost) continue;
    marks += fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"><title>{}: {} at {}</title></circle>", x, y,
        plot.join ? 3.5 : 6.0, EscapeHtml(line.name), fmt::format("{:.5g}", point.y),
        fmt::format("{:.5g}", point.x));
  }
  const std::string line_svg =
      plot.join && line.points.size() > 1
          ? fmt::format("<path d=\"{}\"><title>{}</title></path>", path, EscapeHtml(line.name))
          : "";
  return fmt::format("<g class=\"line\" style=\"color:var(--plot-{})\">{}{}</g>",
                     number % kColours + 1, line_svg, marks);
}

}  // namespace

std::string EscapeHtml(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

std::vector<double> RoundTicks(double low, double high, int count) {
  if (!(high > low)) high = low + (low == 0 ? 1 : std::abs(low) * 0.1);
  const double raw = (high - low) / count;
  const double magnitude = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * magnitude;
  for (const double factor : {5.0, 2.5, 2.0, 1.0}) {
    if (factor * magnitude >= raw) step = factor * magnitude;
  }
  std::vector<double> ticks;
  const auto first = static_cast<int64_t>(std::floor(low / step + 1e-9));
  const auto last = static_cast<int64_t>(std::ceil(high / step - 1e-9));
  for (int64_t i = first; i <= last; ++i) ticks.push_back(static_cast<double>(i) * step);
  return ticks;
}

std::string DrawPlot(const Plot& plot) {
  const bool any = std::any_of(plot.lines.begin(), plot.lines.end(),
                               [](const PlotLine& line) { return !line.points.empty(); });
  if (!any) return {};
  const Frame frame = MakeFrame(plot);
  std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
                                kWidth, kHeight, EscapeHtml(plot.y_label + " by " + plot.x_label));
  svg += DrawAxes(plot, frame);
  for (size_t i = 0; i < plot.lines.size(); ++i) {
    svg += DrawLine(plot.lines[i], plot, frame, i);
  }
  svg += "</svg><ul class=\"legend\">";
  for (size_t i = 0; i < plot.lines.size(); ++i) {
    svg += fmt::format("<li><i style=\"background:var(--plot-{})\"></i>{}</li>", i % kColours + 1,
                       EscapeHtml(plot.lines[i].name));
  }
  return svg + "</ul>";
}

}  // namespace vetor
