// Text of unknown origin made safe to show. Control characters move the cursor, rename windows and
// type on the user's behalf in some terminals, and files, names and other programs' messages may
// hold them.
#pragma once

#include <string>
#include <string_view>

namespace vetor {

enum class LineBreaks { kKeep, kEscape };

/// `text` with control characters (U+0000..U+001F, U+007F..U+009F) as \x1b, invalid UTF-8 as
/// U+FFFD, and line feeds as they are or as \n.
std::string ForTerminal(std::string_view text, LineBreaks line_breaks = LineBreaks::kKeep);

/// `text` in double quotes, fit for a message or a log: invalid UTF-8 replaced, control characters
/// as \xNN, cut after 120 bytes. For names that come out of files.
std::string Quoted(std::string_view text);

/// `json`, a serialized value, with the control characters that JSON allows to stand as they are
/// (U+007F..U+009F) as \u009b: the same value. REQUIRES: valid UTF-8.
std::string EscapeControlsInJson(std::string json);

}  // namespace vetor
