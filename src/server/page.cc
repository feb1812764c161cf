#include "server/page.h"

namespace vetor {

std::span<const PageFile> PageFiles() { return {}; }

}  // namespace vetor
