#include "bulk/text_source.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/digest.h"
#include "base/status_macros.h"
#include "base/text_row.h"
#include "base/utf8.h"
#include "formats/compression.h"
#include "formats/line_reader.h"

namespace vetor {
namespace {

constexpr std::string_view kMarkOfUtf8 = "\xEF\xBB\xBF";
// A block ends early when its texts have so many bytes.
constexpr size_t kBlockTextBytes = 8 << 20;

RowForm FormFor(const std::filesystem::path& input, const EmbedFilesOptions& options) {
  RowForm form;
  const bool automatic = options.input_format == InputFormat::kAuto;
  form.format =
      ChooseRowFormat(automatic ? std::string_view() : ToString(options.input_format),
                      NameWithoutCompression(input), automatic && !options.id_field.empty());
  form.replace_invalid = options.replace_invalid;
  return form;
}

// Always one line ahead, so that it knows which row is the last.
class TextSource : public RowSource {
 public:
  TextSource(LineReader reader, const std::filesystem::path& input,
             const EmbedFilesOptions& options)
      : reader_(std::move(reader)),
        name_(ReplaceInvalidUtf8(input.filename().string())),
        form_(FormFor(input, options)),
        field_(options.field),
        id_field_(options.id_field) {}

  Status Read(size_t most, FileRows* block) override {
    block->rows.clear();
    VETOR_RETURN_IF_ERROR(Start());
    size_t bytes = 0;
    while (has_line_ && block->rows.size() < most && bytes < kBlockTextBytes) {
      block->rows.push_back(RowOfLine());
      bytes += block->rows.back().text.size();
      VETOR_RETURN_IF_ERROR(GoOn());
    }
    block->last = !has_line_;
    return Status();
  }

  Status Skip(uint64_t rows) override {
    VETOR_RETURN_IF_ERROR(Start());
    for (uint64_t i = 0; i < rows; ++i) {
      if (!has_line_) {
        return DataLossError(
            fmt::format("{} has fewer rows than its manifests say; embed it anew "
                        "into another folder",
                        name_));
      }
      VETOR_RETURN_IF_ERROR(GoOn());
    }
    return Status();
  }

  std::string TakeDigest() override {
    std::string digest = Hex(std::move(*digest_).Finish());
    digest_.emplace();
    return digest;
  }

  uint64_t bytes_read() const override { return reader_.file_bytes_read(); }

 private:
  Status Start() { return std::exchange(started_, true) ? Status() : NextRow(); }

  // Digests the current line and goes to the next row.
  Status GoOn() {
    digest_->AddBytes(line_);
    return NextRow();
  }

  // Blank lines belong to the row before them, as far as the digest is concerned.
  Status NextRow() {
    while (true) {
      VETOR_ASSIGN_OR_RETURN(has_line_, reader_.Next(&line_));
      if (!has_line_) return Status();
      text_ = line_;
      if (reader_.line() == 1 && text_.starts_with(kMarkOfUtf8)) {
        text_.remove_prefix(kMarkOfUtf8.size());
      }
      if (text_.ends_with('\n')) text_.remove_suffix(1);
      if (form_.format == RowFormat::kLines || !IsBlankLine(text_)) return Status();
      digest_->AddBytes(line_);
    }
  }

  FileRow RowOfLine() {
    FileRow row;
    const std::string place = fmt::format("{}:{}", name_, reader_.line());
    const Status filled = Fill(place, &row);
    if (filled.ok()) return row;
    row.text.clear();
    row.error = filled.message();
    if (row.id.empty()) row.id = IdOfBadLine(place);
    return row;
  }

  Status Fill(const std::string& place, FileRow* row) {
    VETOR_RETURN_IF_ERROR(ParseRow(text_, form_, place, &parsed_));
    if (form_.format == RowFormat::kLines) {
      row->text = std::move(parsed_.text);
      return Status();
    }
    if (!id_field_.empty()) {
      VETOR_ASSIGN_OR_RETURN(row->id, JsonOfField(parsed_, id_field_, place));
    }
    VETOR_ASSIGN_OR_RETURN(row->text, TextOfField(parsed_, field_, place));
    return Status();
  }

  // The id of a row whose line has invalid text, so that a null can be told to its row.
  std::string IdOfBadLine(const std::string& place) {
    if (form_.format == RowFormat::kLines || id_field_.empty()) return {};
    RowForm form = form_;
    form.replace_invalid = true;
    if (!ParseRow(text_, form, place, &parsed_).ok()) return "null";
    const Result<std::string> id = JsonOfField(parsed_, id_field_, place);
    return id.ok() ? *id : "null";
  }

  LineReader reader_;
  std::string name_;
  RowForm form_;
  std::string field_;
  std::string id_field_;
  TextRow parsed_;
  std::optional<Sha256Builder> digest_{std::in_place};
  bool started_ = false;
  bool has_line_ = false;
  std::string_view line_;  ///< The line that is read next, with its line break; the reader's.
  std::string_view text_;  ///< The same without byte order mark and line break.
};

}  // namespace

Result<std::unique_ptr<RowSource>> OpenTextSource(const std::filesystem::path& input,
                                                  const EmbedFilesOptions& options) {
  VETOR_ASSIGN_OR_RETURN(LineReader reader, LineReader::Open(input));
  return std::unique_ptr<RowSource>(
      std::make_unique<TextSource>(std::move(reader), input, options));
}

}  // namespace vetor
