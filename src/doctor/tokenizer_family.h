// The kind of a tokenizer, by its file.
#pragma once

#include <filesystem>
#include <string>

namespace vetor {

/// "WordPiece", as tokenizer.json says in /model/type; files of other kinds by their name. "?" if
/// the file cannot be read. Reads until it has found the type and builds no document: that of a
/// tokenizer.json of 9 MB would take 42 MB.
std::string TokenizerFamily(const std::filesystem::path& path);

}  // namespace vetor
