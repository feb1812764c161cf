#include "base/terminal_text.h"

#include <gtest/gtest.h>

namespace vetor {
namespace {

TEST(TerminalTextTest, ControlCharactersAreShown) {
  EXPECT_EQ(ForTerminal("\x1b]0;x\x07 \t\r\x7f"), "\\x1b]0;x\\x07 \\x09\\x0d\\x7f");
  // The control characters of two bytes. One of them, U+009B, begins a command as ESC [ does.
  EXPECT_EQ(ForTerminal("a\u0080b\u009b2J\u009f\u00a0"), "a\\x80b\\x9b2J\\x9f\u00a0");
  EXPECT_EQ(ForTerminal("São Paulo 日本 \U0001F3C1"), "São Paulo 日本 \U0001F3C1");
  EXPECT_EQ(ForTerminal("\x9b\xc2"), "\uFFFD\uFFFD");
}

TEST(TerminalTextTest, LinesAreKeptOrNot) {
  EXPECT_EQ(ForTerminal("a\nb"), "a\nb");
  EXPECT_EQ(ForTerminal("a\nb", LineBreaks::kEscape), "a\\nb");
}

TEST(TerminalTextTest, JsonStaysTheSameValue) {
  EXPECT_EQ(EscapeControlsInJson("\"a\u009b\x7f\u00e9\""), "\"a\\u009b\\u007f\u00e9\"");
  EXPECT_EQ(EscapeControlsInJson("{\"a\":1}"), "{\"a\":1}");
}

}  // namespace
}  // namespace vetor
