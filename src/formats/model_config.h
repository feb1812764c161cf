// The JSON files that configure a model: read whole, with errors that name the file and the remedy.
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

/// The same for a file that must hold an object.
Result<boost::json::object> ReadModelConfig(const std::filesystem::path& path);

/// The same, read as Python does (ParseJsonAsPython): for the files of a tokenizer, which
/// transformers lets decide whatever Python takes for JSON.
Result<boost::json::object> ReadModelConfigAsPython(const std::filesystem::path& path);

/// Members of a configuration object; `where` is its file. Absent and null give `fallback`; another
/// type is INVALID_ARGUMENT naming file, key, expected and found. 0 and 1 are false and true.
Result<bool> BoolMember(const boost::json::object& object, std::string_view key, bool fallback,
                        const std::filesystem::path& where);
Result<std::string> StringMember(const boost::json::object& object, std::string_view key,
                                 std::string_view fallback, const std::filesystem::path& where);
/// Numbers that are whole, also when written as 512.0; others (1e30, 0.5) give `fallback`.
Result<int64_t> WholeMember(const boost::json::object& object, std::string_view key,
                            int64_t fallback, const std::filesystem::path& where);

}  // namespace vetor
