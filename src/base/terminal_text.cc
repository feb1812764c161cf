#include "base/terminal_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/digest.h"
#include "base/utf8.h"

namespace vetor {
namespace {

constexpr char kC1Lead = '\xC2';
constexpr size_t kMaxQuotedBytes = 120;

// The control character at `offset`, DEL or of C1, or 0. C1 is written in two bytes.
unsigned char HighControl(std::string_view text, size_t offset) {
  if (text[offset] == '\x7F') return 0x7F;
  if (text[offset] != kC1Lead || offset + 1 >= text.size()) return 0;
  const auto next = static_cast<unsigned char>(text[offset + 1]);
  return next >= 0x80 && next < 0xA0 ? next : 0;
}

}  // namespace

std::string ForTerminal(std::string_view text, LineBreaks line_breaks) {
  const std::string valid = ReplaceInvalidUtf8(text);
  std::string shown;
  shown.reserve(valid.size());
  for (size_t i = 0; i < valid.size(); ++i) {
    const auto byte = static_cast<unsigned char>(valid[i]);
    if (valid[i] == '\n') {
      shown += line_breaks == LineBreaks::kKeep ? "\n" : "\\n";
    } else if (byte < 0x20) {
      fmt::format_to(std::back_inserter(shown), "\\x{:02x}", byte);
    } else if (const unsigned char control = HighControl(valid, i); control != 0) {
      fmt::format_to(std::back_inserter(shown), "\\x{:02x}", control);
      if (valid[i] == kC1Lead) ++i;
    } else {
      shown += valid[i];
    }
  }
  return shown;
}

std::string Quoted(std::string_view text) {
  const bool cut = text.size() > kMaxQuotedBytes;
  const std::string valid = ReplaceInvalidUtf8(text.substr(0, kMaxQuotedBytes));
  std::string quoted = "\"";
  for (const char c : valid) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      quoted += "\\x" + Hex(std::string_view(&c, 1));
    } else {
      quoted += c;
    }
  }
  return quoted + (cut ? "...\"" : "\"");
}

std::string EscapeControlsInJson(std::string json) {
  const auto suspicious = [](char c) { return c == '\x7F' || c == kC1Lead; };
  if (std::none_of(json.begin(), json.end(), suspicious)) return json;
  std::string escaped;
  for (size_t i = 0; i < json.size(); ++i) {
    const unsigned char control = HighControl(json, i);
    if (control == 0) {
      escaped += json[i];
      continue;
    }
    fmt::format_to(std::back_inserter(escaped), "\\u{:04x}", control);
    if (json[i] == kC1Lead) ++i;
  }
  return escaped;
}

}  // namespace vetor
