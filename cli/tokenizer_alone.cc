#include "cli/tokenizer_alone.h"

#include <system_error>

#include "base/status_macros.h"
#include "model/graph_choice.h"

namespace vetor::cli {

namespace fs = std::filesystem;

Result<TokenizerAlone> FindTokenizerAlone(const OnnxConfig& onnx, const fs::path& model) {
  std::error_code ignored;
  const fs::path folder = fs::is_directory(model, ignored) ? model : model.parent_path();
  const std::vector<fs::path> places = {folder, folder / "0_Transformer"};
  TokenizerAlone found;
  found.file =
      onnx.tokenizer_path.empty() ? FindTokenizerFile(places) : fs::path(onnx.tokenizer_path);
  if (!fs::is_regular_file(found.file, ignored)) {
    return NotFoundError("there is no tokenizer in " + folder.string() +
                         "; copy the model's tokenizer.json there");
  }
  VETOR_ASSIGN_OR_RETURN(found.limit, FindLengthLimit({.folders = places}));
  return found;
}

}  // namespace vetor::cli
