#include "encoder/families/layer_kinds.h"

#include <string>

namespace vetor {

std::vector<bool> WindowedLayers(WeightReader* reader, int layers, int period, int first_full) {
  std::vector<bool> windowed(static_cast<size_t>(layers));
  const boost::json::value* types = reader->Find("layer_types");
  if (types == nullptr) {
    for (int i = 0; i < layers && period > 0; ++i) {
      windowed[static_cast<size_t>(i)] = i % period != first_full % period;
    }
    return windowed;
  }
  if (!types->is_array() || types->get_array().size() < windowed.size()) {
    reader->Fail(InvalidArgumentError("config.json: \"layer_types\" does not name the type of " +
                                      std::to_string(layers) + " layers"));
    return windowed;
  }
  for (size_t i = 0; i < windowed.size(); ++i) {
    const boost::json::value& type = types->get_array()[i];
    windowed[i] = type == "sliding_attention";
    if (!windowed[i] && type != "full_attention") {
      reader->Fail(
          UnimplementedError("config.json: layer type " + Shown(type) +
                             " is not known; expected full_attention or sliding_attention"));
    }
  }
  return windowed;
}

int LayerWindow(WeightReader* reader, bool windowed, int window) {
  if (!windowed) return 0;
  if (window < 1) {
    reader->Fail(InvalidArgumentError(
        "config.json: the window of its windowed layers (\"sliding_window\", \"local_attention\") "
        "has no room for a neighbour; expected at least 2"));
  }
  return window;
}

}  // namespace vetor
