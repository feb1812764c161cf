// Plots as inline SVG, drawn with the page's own colours: --plot-1 ... --plot-6, --grid, --ink.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace vetor {

struct PlotPoint {
  double x = 0;
  double y = 0;
  double y_min = 0;  ///< Equal to y: no bar is drawn.
  double y_max = 0;
};

struct PlotLine {
  std::string name;
  std::vector<PlotPoint> points;
};

struct Plot {
  std::string x_label;
  std::string y_label;
  std::vector<PlotLine> lines;
  bool log_x = false;
  bool y_from_zero = true;
  bool join = true;  ///< False: marks only.
};

/// An <svg> element with axes, grid, lines, and a title on every mark. Empty if there is no point
/// to draw.
std::string DrawPlot(const Plot& plot);

/// Round values that cover [low, high], about `count` of them.
std::vector<double> RoundTicks(double low, double high, int count);

/// &, <, > and quotes as HTML writes them.
std::string EscapeHtml(const std::string& text);

}  // namespace vetor
