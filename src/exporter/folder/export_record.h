// vetor_model.json: the source of an exported model, digests of its files, and which vectors it
// gave when it was made. src/model/model_record.h reads it at every load.
//
//   {"format": 1, "source", "revision", "family", "opset", "created_by", "notes",
//    "files": {name: {"sha256", "bytes"}},
//    "probes": {"texts": [text, ...],
//               "graphs": {name: {"precision", "vectors": [base64 of float32, ...],
//                                 "ranges": [base64 of float32, base64 of float32]}}}}
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "vetor/component_ranges.h"
#include "vetor/status.h"

namespace vetor {

inline constexpr const char* kExportRecordName = "vetor_model.json";

/// The vectors that one graph gives for ProbeTexts(): pooled as the model's files say, with all
/// components and without a prompt. Their length does not matter.
struct GraphProbes {
  std::string precision;                    ///< "fp32", "fp16", "int8"
  std::vector<std::vector<float>> vectors;  ///< One vector per text.
  /// The ranges of the same graph; if they are empty, they are not written.
  ComponentRanges ranges;
};

struct ExportRecord {
  std::string source;    ///< A hub id, or the folder's name.
  std::string revision;  ///< The commit of a hub id; empty for a folder.
  std::string family;
  int opset = 0;
  /// As ExportReport::notes. They are for people; no code reads them.
  std::vector<std::string> notes;
  /// Keyed by the graph's file, relative to the folder.
  std::map<std::string, GraphProbes> graphs;
};

/// Writes the record of `folder` into it, with the SHA-256 of every file in the folder, so it must
/// be called last. Errors: those of WriteModelFile.
Status WriteExportRecord(const std::filesystem::path& folder, const ExportRecord& record);

}  // namespace vetor
