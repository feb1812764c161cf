// Reads the JSON files that configure a model. Errors name the file and the remedy.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "vetor/status.h"

namespace vetor {

/// Configuration files of a model are a few kB; a larger file is not a configuration.
inline constexpr uint64_t kMaxModelConfigBytes = 16ULL << 20;

/// Reads a JSON file of at most kMaxModelConfigBytes. Errors: those of
/// MapModelFile (model_file.h), and INVALID_ARGUMENT for a file that is not JSON.
Result<boost::json::value> ReadModelJson(const std::filesystem::path& path);

/// As ReadModelJson, for a file that must hold an object.
Result<boost::json::object> ReadModelConfig(const std::filesystem::path& path);

/// As ReadModelConfig, but read as Python reads JSON (ParseJsonAsPython). This is for the files of
/// a tokenizer: transformers accepts whatever Python accepts there.
Result<boost::json::object> ReadModelConfigAsPython(const std::filesystem::path& path);

/// Reads a member of a configuration object; `where` is its file. If it is absent or null, the
/// result is `fallback`; another type is INVALID_ARGUMENT that names file, key, expected and found.
/// 0 and 1 count as false and true.
Result<bool> BoolMember(const boost::json::object& object, std::string_view key, bool fallback,
                        const std::filesystem::path& where);
Result<std::string> StringMember(const boost::json::object& object, std::string_view key,
                                 std::string_view fallback, const std::filesystem::path& where);
/// Reads a whole number, which may be written as 512.0; any other number (1e30, 0.5) gives
/// `fallback`.
Result<int64_t> WholeMember(const boost::json::object& object, std::string_view key,
                            int64_t fallback, const std::filesystem::path& where);

}  // namespace vetor
