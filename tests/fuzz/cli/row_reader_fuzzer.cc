// libFuzzer gives any bytes as a file of rows. The reader is compared with a plain splitter that
// has the whole file at once. The first byte says whether invalid UTF-8 is replaced, and whether
// the reader takes pieces of as many bytes as the second byte says, so that rows lie across pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/utf8.h"
#include "cli/input/row_reader.h"
#include "tests/fuzz/exporter/fuzzed_file.h"

namespace {

using vetor::RowFormat;
using vetor::cli::Row;
using vetor::cli::RowReader;

void Require(bool right) {
  if (!right) std::abort();
}

struct PlainLine {
  uint64_t number = 0;
  std::string text;
};

std::vector<PlainLine> Split(std::string_view body) {
  std::vector<PlainLine> lines;
  for (size_t at = 0; at < body.size();) {
    const size_t end = std::min(body.find('\n', at), body.size());
    lines.push_back({lines.size() + 1, std::string(body.substr(at, end - at))});
    at = end + 1;
  }
  if (!lines.empty() && lines[0].text.starts_with("\xEF\xBB\xBF")) lines[0].text.erase(0, 3);
  for (PlainLine& line : lines) {
    if (line.text.ends_with('\r')) line.text.pop_back();
  }
  return lines;
}

// The row; false if the reader must fail.
bool ReadPlainly(const PlainLine& line, RowFormat format, bool replace, Row* row) {
  row->text = replace ? vetor::ReplaceInvalidUtf8(line.text) : line.text;
  if (vetor::FindInvalidUtf8(row->text) != vetor::kValidUtf8) return false;
  if (format == RowFormat::kLines) return true;
  row->json = replace ? vetor::ReplaceLoneSurrogates(row->text) : row->text;
  row->text.clear();
  const auto value = vetor::ParseJson(row->json, "fuzz");
  if (!value.ok() || !value->is_object()) return false;
  row->fields = value->get_object();
  return true;
}

void CheckFields(const RowReader& reader, const Row& row, const Row& expected) {
  for (const auto& [key, value] : expected.fields) {
    const auto text = reader.TextOf(row, key);
    Require(text.ok() == value.is_string());
    Require(!text.ok() || *text == std::string_view(value.get_string()));
    const auto whole = reader.JsonOf(row, key);
    Require(whole.ok());
    const auto read = vetor::ParseJson(*whole, "fuzz");
    Require(read.ok() && *read == value);
    Require(reader.KeyOf(row, key).ok() == !(value.is_structured() || value.is_null()));
  }
  if (!expected.fields.contains("absent")) Require(!reader.TextOf(row, "absent").ok());
}

void Check(const vetor::cli::RowReaderOptions& options, std::string_view body) {
  const RowFormat format = options.format;
  auto reader = RowReader::Open(options);
  Require(reader.ok() && reader->size() == body.size());
  Row row;
  uint64_t index = 0;
  for (const PlainLine& line : Split(body)) {
    const bool blank = line.text.find_first_not_of(" \t\r") == std::string::npos;
    if (format == RowFormat::kJsonl && blank) continue;
    Row expected;
    const bool good = ReadPlainly(line, format, options.replace_invalid, &expected);
    const auto next = reader->Next(&row);
    Require(next.ok() == good);
    if (!good) return;
    Require(*next && row.index == index++ && row.line == line.number);
    Require(reader->Place(row) == options.path + ":" + std::to_string(line.number));
    if (format == RowFormat::kLines) {
      Require(row.text == expected.text);
    } else {
      Require(row.fields == expected.fields);
      CheckFields(*reader, row, expected);
    }
  }
  const auto end = reader->Next(&row);
  Require(end.ok() && !*end && reader->bytes_read() == body.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  vetor::cli::RowReaderOptions options{
      .path = vetor::fuzzing::WriteInput(data + 2, size - 2).string(),
      .replace_invalid = (data[0] & 1) != 0};
  if ((data[0] & 2) != 0) options.piece_bytes = size_t{data[1]} + 1;
  for (const RowFormat format : {RowFormat::kLines, RowFormat::kJsonl}) {
    options.format = format;
    Check(options, body);
  }
  return 0;
}
