// One identity for everything of a model folder that shapes a vector, by content: the same files
// under another name have the same fingerprint, a changed byte gives another.
#pragma once

#include <string>
#include <string_view>

#include "model/model_folder.h"
#include "vetor/status.h"

namespace vetor {

/// SHA-256 hex over the version of our own arithmetic (numerics_version.h), graph, external data,
/// every file that may decide ids (id_files.h), pooling with Dense weights, a named output,
/// max_length and lowercasing. The graph's files are read where they were opened
/// (ModelFolder::files). Prompts, dim and normalisation of the service are not in it, because each
/// call or the service keys them itself; nor are paths and names.
///
/// SHA-256, not XXH3: the fingerprint separates cached vectors, and an attacker who can make a
/// model collide with a trusted one would poison the cache of the trusted one. MiniLM's 90 MB take
/// 49 ms with SHA instructions (XXH3-128: 5 ms), beside 130 ms to load them into a session.
Result<std::string> ModelFingerprint(const ModelFolder& model);

}  // namespace vetor
