// vetor_model.json: the source of an exported model, digests of its files, and which vectors it
// gave when it was made. Read by src/model/model_record.h at every load.
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

/// Vectors of ProbeTexts() by one graph: pooled as the model's files say, all components, without
/// a prompt; their length does not matter.
struct GraphProbes {
  std::string precision;                    ///< "fp32", "fp16", "int8"
  std::vector<std::vector<float>> vectors;  ///< One per text.
  ComponentRanges ranges;                   ///< Of the same graph; not written if empty.
};

struct ExportRecord {
  std::string source;    ///< Hub id, or the folder's name.
  std::string revision;  ///< Commit of a hub id; empty: a folder.
  std::string family;
  int opset = 0;
  std::vector<std::string> notes;  ///< As ExportReport::notes; for people, nothing reads it.
  std::map<std::string, GraphProbes> graphs;  ///< By file, relative to the folder.
};

/// Writes the record of `folder` into it, with the SHA-256 of every file that is there: call it
/// last. Errors as WriteModelFile.
Status WriteExportRecord(const std::filesystem::path& folder, const ExportRecord& record);

}  // namespace vetor
