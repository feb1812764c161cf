// How `vetor doctor` shows its report: one line per check for people, one JSON object for scripts.
#pragma once

#include <boost/json/array.hpp>
#include <string>
#include <utility>

#include "cli/streams/byte_stream.h"
#include "vetor/doctor.h"
#include "vetor/status.h"

namespace vetor::cli {

/// The check as a user reads it, wrapped at 100 columns:
///
///   WRONG    model          the model is not there: models/x
///                           -> name an .onnx file or a model folder
std::string FormatCheck(const DoctorCheck& check);

/// Takes checks as they are made. Each line appears at once: if a check hangs or ends the process,
/// it is the one after the last line. For one thread.
class ReportWriter {
 public:
  static Result<ReportWriter> Open(bool json);

  void Add(DoctorCheck check);
  /// Writes the JSON object, if that is the form. Errors: those of OutputStream, including those
  /// that happened in Add.
  Status Finish(bool ok);

 private:
  ReportWriter(OutputStream output, bool json) : output_(std::move(output)), json_(json) {}

  OutputStream output_;
  bool json_;
  boost::json::array array_;
  Status written_;
};

}  // namespace vetor::cli
