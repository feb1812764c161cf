#include "engine/engine_table.h"

#include <algorithm>
#include <iterator>

#include "backend/hashing/hashing_backend.h"

namespace vetor {
namespace {

constexpr EngineRow kEngines[] = {{BackendKind::kHashing, &MakeHashingBackend},
                                  {BackendKind::kOnnx, nullptr}};

constexpr bool HasRow(BackendKind kind) {
  return std::any_of(std::begin(kEngines), std::end(kEngines),
                     [kind](const EngineRow& row) { return row.kind == kind; });
}
static_assert(std::all_of(std::begin(ChoicesOf<BackendKind>::kAll),
                          std::end(ChoicesOf<BackendKind>::kAll),
                          [](const Choice<BackendKind>& choice) { return HasRow(choice.value); }),
              "each value of ai.backend has a row");

}  // namespace

const EngineRow& EngineRowOf(std::optional<BackendKind> kind) {
  const BackendKind asked = kind.value_or(BackendKind::kHashing);
  return *std::find_if(std::begin(kEngines), std::end(kEngines),
                       [asked](const EngineRow& row) { return row.kind == asked; });
}

}  // namespace vetor
