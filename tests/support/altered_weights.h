// A checkpoint of a test with one weight changed in its file.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace vetor::testing {

/// Overwrites component `index` of a float32 tensor in a safetensors file.
inline void SetWeight(const std::filesystem::path& file, const std::string& tensor, size_t index,
                      float value) {
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  uint64_t header_bytes = 0;
  bytes.read(reinterpret_cast<char*>(&header_bytes), sizeof header_bytes);
  std::string header(header_bytes, '\0');
  bytes.read(header.data(), static_cast<std::streamsize>(header_bytes));
  ASSERT_TRUE(bytes.good()) << file;
  const boost::json::value place = boost::json::parse(header).at(tensor).at("data_offsets").at(0);
  const uint64_t begin = sizeof header_bytes + header_bytes + place.to_number<uint64_t>();
  bytes.seekp(static_cast<std::streamoff>(begin + index * sizeof value));
  bytes.write(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace vetor::testing
