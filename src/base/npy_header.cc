#include "base/npy_header.h"

#include <fmt/format.h>

#include <bit>

namespace vetor {
namespace {

static_assert(std::endian::native == std::endian::little, "the header says '<f4' and '<f2'");

constexpr size_t kNpyHeaderBytes = 128;
constexpr std::string_view kNpyMagic("\x93NUMPY\x01\x00", 8);

}  // namespace

std::string NpyHeader(uint64_t rows, size_t dim, std::string_view dtype) {
  std::string header(kNpyMagic);
  constexpr size_t kTextBytes = kNpyHeaderBytes - kNpyMagic.size() - 2;
  header += static_cast<char>(kTextBytes & 0xFF);
  header += static_cast<char>(kTextBytes >> 8);
  header += fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}, {}), }}", dtype,
                        rows, dim);
  header.resize(kNpyHeaderBytes - 1, ' ');
  header += '\n';
  return header;
}

}  // namespace vetor
