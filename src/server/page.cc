#include "server/page.h"

namespace vetor {
namespace {

constexpr PageFile kFiles[] = {
#include "server/page_files.inc"  // Made of the files of web/ by cmake/EmbedPage.cmake.
};

}  // namespace

std::span<const PageFile> PageFiles() { return kFiles; }

}  // namespace vetor
