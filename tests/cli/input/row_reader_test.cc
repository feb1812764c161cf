#include "cli/input/row_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/folder_fixture.h"

namespace vetor::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RowReaderTest : public FolderFixture {
 protected:
  RowReader OpenRows(std::string_view bytes, RowFormat format, bool replace = false) const {
    RowReaderOptions options;
    options.path = WriteFile("rows.txt", bytes);
    options.format = format;
    options.replace_invalid = replace;
    return *RowReader::Open(options);
  }

  std::vector<std::string> Lines(std::string_view bytes, bool replace = false) const {
    RowReader reader = OpenRows(bytes, RowFormat::kLines, replace);
    std::vector<std::string> lines;
    Row row;
    while (*reader.Next(&row)) lines.push_back(row.text);
    return lines;
  }

  // The first error from reading all rows and the text field of each.
  Status FirstError(std::string_view bytes, RowFormat format) const {
    RowReader reader = OpenRows(bytes, format);
    Row row;
    while (true) {
      const auto found = reader.Next(&row);
      if (!found.ok()) return found.status();
      if (!*found) return Status();
      if (format == RowFormat::kLines) continue;
      const auto text = reader.TextOf(row, "text");
      if (!text.ok()) return text.status();
    }
  }
};

TEST_F(RowReaderTest, LinesKeepEmptyOnesAndLoseTheirEnds) {
  EXPECT_THAT(Lines("a\n\nb\r\nc"), ElementsAre("a", "", "b", "c"));
  EXPECT_THAT(Lines("a\n"), ElementsAre("a"));
  EXPECT_THAT(Lines("\n"), ElementsAre(""));
  EXPECT_THAT(Lines(""), ElementsAre());
}

TEST_F(RowReaderTest, NulBytesAreText) {
  EXPECT_THAT(Lines(std::string_view("a\0b\n", 4)), ElementsAre(std::string("a\0b", 3)));
}

TEST_F(RowReaderTest, AByteOrderMarkIsPassedOverAtTheStartOnly) {
  EXPECT_THAT(Lines("\xEF\xBB\xBF"
                    "a\n\xEF\xBB\xBF"
                    "b\n"),
              ElementsAre("a",
                          "\xEF\xBB\xBF"
                          "b"));
}

TEST_F(RowReaderTest, LinesLongerThanTheBufferStayWhole) {
  const std::string big(3'000'001, 'x');
  EXPECT_THAT(Lines("a\n" + big + "\nb\n"), ElementsAre("a", big, "b"));
}

TEST_F(RowReaderTest, InvalidUtf8NamesFileLineAndByte) {
  const Status status = FirstError("good\nGP de S\xE3o Paulo\n", RowFormat::kLines);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("rows.txt:2: byte 8 of the line is 0xE3"));
  EXPECT_THAT(status.message(), HasSubstr("--replace-invalid"));
}

TEST_F(RowReaderTest, InvalidUtf8IsReplacedOnRequest) {
  EXPECT_THAT(Lines("S\xE3o\n", true), ElementsAre("S\xEF\xBF\xBDo"));
}

TEST_F(RowReaderTest, JsonlSkipsBlankLinesButCountsThem) {
  RowReader reader = OpenRows("{\"text\":\"a\"}\n\n  \n{\"text\":\"b\"}\n", RowFormat::kJsonl);
  Row row;
  ASSERT_TRUE(*reader.Next(&row));
  ASSERT_TRUE(*reader.Next(&row));
  EXPECT_EQ(row.index, 1U);
  EXPECT_EQ(row.line, 4U);
  EXPECT_EQ(*reader.TextOf(row, "text"), "b");
  EXPECT_FALSE(*reader.Next(&row));
  EXPECT_EQ(reader.bytes_read(), *reader.size());
}

TEST_F(RowReaderTest, JsonlErrorsSayExpectedAndFound) {
  EXPECT_THAT(FirstError("{\"text\":\"a\"}\n[1]\n", RowFormat::kJsonl).message(),
              HasSubstr("rows.txt:2: expected a JSON object, found an array"));
  EXPECT_THAT(FirstError("{\"txt\":\"a\",\"n\":1}\n", RowFormat::kJsonl).message(),
              HasSubstr("rows.txt:1: expected a field \"text\", found \"txt\", \"n\""));
  EXPECT_THAT(FirstError("{\"text\":7}\n", RowFormat::kJsonl).message(),
              HasSubstr("rows.txt:1: field \"text\": expected a string, found"));
  EXPECT_THAT(FirstError("{\"text\":\n", RowFormat::kJsonl).message(), HasSubstr("rows.txt:1"));
  EXPECT_THAT(FirstError("{\"text\":\"\xFF\"}\n", RowFormat::kJsonl).message(),
              HasSubstr("rows.txt:1: byte 10"));
}

// The message for a row that was cut inside a pair of surrogates was "not valid JSON: syntax
// error", even with --replace-invalid.
TEST_F(RowReaderTest, LoneSurrogatesAreNamedByLine) {
  for (const char* row : {R"({"text":"a \ud83d b"})", R"({"text":"\ud83d\ud83d\ude00"})",
                          R"({"text":"\ude00"})", R"({"text":"a","\ud83d":1})",
                          R"({"text":"a","n":[{"m":"\ud83d"}]})", R"({"text":"\\\ud83d"})"}) {
    const Status status =
        FirstError("{\"text\":\"a\"}\n\n" + std::string(row) + "\n", RowFormat::kJsonl);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << row;
    EXPECT_THAT(status.message(), HasSubstr("rows.txt:3: byte ")) << row;
    EXPECT_THAT(status.message(), HasSubstr("a lone surrogate")) << row;
    EXPECT_THAT(status.message(), HasSubstr("--replace-invalid")) << row;
  }
  for (const char* row : {R"({"text":"\ud83d\ude00"})", R"({"text":"\\ud83d"})"}) {
    EXPECT_TRUE(FirstError(row, RowFormat::kJsonl).ok()) << row;
  }
}

TEST_F(RowReaderTest, LoneSurrogatesAreReplacedOnRequest) {
  RowReader reader = OpenRows(
      R"({"text":"a \ud83d b","\udc00":["\ud83d\ude00\ud83d"],"w":"\\ud83d"})", RowFormat::kJsonl,
      /*replace=*/true);
  Row row;
  ASSERT_TRUE(*reader.Next(&row));
  EXPECT_EQ(*reader.TextOf(row, "text"), "a \xEF\xBF\xBD b");
  EXPECT_EQ(*reader.TextOf(row, "w"), "\\ud83d");
  EXPECT_EQ(*reader.JsonOf(row, "\xEF\xBF\xBD"), R"(["\ud83d\ude00\ufffd"])");
}

// 123456789012345678901234567890 became 1.2345678901234568e+29, and 1e400 became Infinity.
TEST_F(RowReaderTest, ValuesAreHandedThroughAsTheyWereWritten) {
  for (const std::string value :
       {"123456789012345678901234567890", "-123456789012345678901234567890", "18446744073709551616",
        "9223372036854775808", "1e400", "1.0", "-0", "0.10000000000000000000000001", "1E+2", "null",
        R"({ "a" : [1.50, {"b":"}]\""}], "n":123456789012345678901})", "[ ]", R"("\u00e9\/\"x")",
        "true"}) {
    RowReader reader =
        OpenRows("{\"b\": {\"id\":0}, \"s\\\"\":\"\\\\\" ,\"i\\u0064\"\t: " + value + " }",
                 RowFormat::kJsonl);
    Row row;
    ASSERT_TRUE(*reader.Next(&row));
    EXPECT_EQ(*reader.JsonOf(row, "id"), value);
    EXPECT_EQ(*reader.JsonOf(row, "s\""), R"("\\")");
    EXPECT_FALSE(reader.JsonOf(row, "a").ok());
  }
  RowReader reader = OpenRows("{\"id\":\"\xC2\x9B\"}", RowFormat::kJsonl);
  Row row;
  ASSERT_TRUE(*reader.Next(&row));
  EXPECT_EQ(*reader.JsonOf(row, "id"), R"("\u009b")") << "what a terminal would obey is escaped";
}

// Integers that differ only beyond a double's digits counted as equal.
TEST_F(RowReaderTest, KeysOfLargeIntegersKeepTheirDigits) {
  const auto key = [&](const std::string& value) {
    RowReader reader = OpenRows("{\"k\":" + value + "}", RowFormat::kJsonl);
    Row row;
    EXPECT_TRUE(*reader.Next(&row));
    return *reader.KeyOf(row, "k");
  };
  EXPECT_NE(key("123456789012345678901234567890"), key("123456789012345678901234567891"));
  EXPECT_EQ(key("123456789012345678901234567890"), "123456789012345678901234567890");
  EXPECT_EQ(key("1e400"), "1e400");
  EXPECT_EQ(key("2.50"), "2.5");
  EXPECT_EQ(key("1.0"), key("1"));
}

TEST_F(RowReaderTest, KeysMayBeNumbersAndTruths) {
  RowReader reader =
      OpenRows("{\"s\":\"x\",\"n\":2021,\"t\":true,\"z\":null}\n", RowFormat::kJsonl);
  Row row;
  ASSERT_TRUE(*reader.Next(&row));
  EXPECT_EQ(*reader.KeyOf(row, "s"), "x");
  EXPECT_EQ(*reader.KeyOf(row, "n"), "2021");
  EXPECT_EQ(*reader.KeyOf(row, "t"), "true");
  EXPECT_FALSE(reader.KeyOf(row, "z").ok());
}

TEST(ChooseRowFormatTest, NameThenFieldsThenEnding) {
  EXPECT_EQ(ChooseRowFormat("lines", "a.jsonl", false), RowFormat::kLines);
  EXPECT_EQ(ChooseRowFormat("", "a.jsonl", false), RowFormat::kJsonl);
  EXPECT_EQ(ChooseRowFormat("", "-", true), RowFormat::kJsonl);
  EXPECT_EQ(ChooseRowFormat("", "-", false), RowFormat::kLines);
}

TEST(RowReaderOpenTest, MissingFilesAndFoldersAreRefused) {
  RowReaderOptions options;
  options.path = "/no/such/file";
  EXPECT_EQ(RowReader::Open(options).status().code(), StatusCode::kNotFound);
  options.path = "/";
  EXPECT_EQ(RowReader::Open(options).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace vetor::cli
