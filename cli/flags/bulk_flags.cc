#include "cli/flags/bulk_flags.h"

#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <system_error>

#include "cli/flags/one_of.h"

namespace vetor::cli {
namespace {

constexpr const char* kBulkGroup = "Bulk jobs (--output is a folder)";

template <NamedChoice E>
void Set(const std::string& name, E* value) {
  const Result<E> parsed = Parse<E>(name, "");
  if (parsed.ok()) *value = *parsed;
}

}  // namespace

bool NamesFolder(const std::string& output) {
  std::error_code ignored;
  return output.ends_with('/') || std::filesystem::is_directory(output, ignored);
}

void BulkFlags::AddTo(CLI::App* command) {
  command
      ->add_option("--shard-rows", shard_rows,
                   "Most rows of an output: an input of more becomes NAME.00001, NAME.00002 and "
                   "on. Default no bound.")
      ->type_name("N")
      ->check(WholeBetween(1, std::numeric_limits<int64_t>::max()))
      ->group(kBulkGroup);
  command
      ->add_option("--output-dtype", output_dtype,
                   "float32 or float16: the components of .npy. Default float32.")
      ->type_name("TYPE")
      ->check(OneOf({"float32", "float16"}))
      ->group(kBulkGroup);
  command
      ->add_option("--on-error", on_error,
                   "fail ends the job at a row that cannot be embedded. null goes on: the row's "
                   "vector is null in jsonl, with the reason in \"error\", and NaN in npy, with "
                   "row and reason in the manifest. Default fail.")
      ->type_name("WHAT")
      ->check(OneOf({"fail", "null"}))
      ->group(kBulkGroup);
  command
      ->add_flag("--resume", resume,
                 "Go on behind the outputs that are in the folder and whose input has the name, "
                 "size and time that their manifest says. --resume=verify reads these inputs "
                 "again and compares their digest as well.")
      ->group(kBulkGroup);
}

Status BulkFlags::CheckUnused(const std::string& input, const std::string& output) const {
  const char* given = nullptr;
  if (shard_rows != 0) given = "--shard-rows";
  if (!output_dtype.empty()) given = "--output-dtype";
  if (!on_error.empty()) given = "--on-error";
  if (!resume.empty()) given = "--resume";
  if (given != nullptr) {
    return InvalidArgumentError(fmt::format(
        "{} is of bulk jobs, which write into a folder, and --output is {}; end it with \"/\"",
        given, output == "-" ? "standard output" : output));
  }
  std::error_code ignored;
  if (input.find_first_of("*?[") == std::string::npos || std::filesystem::exists(input, ignored)) {
    return Status();
  }
  return InvalidArgumentError(
      fmt::format("--input {} is a pattern, and its files need a folder to be written to; name one "
                  "with --output, and end it with \"/\"",
                  input));
}

void BulkFlags::Fill(EmbedFilesOptions* options) const {
  options->shard_rows = shard_rows;
  Set(output_dtype, &options->output_dtype);
  Set(on_error, &options->on_error);
  if (!resume.empty()) options->resume = Resume::kYes;
  if (resume == "verify") options->resume = Resume::kVerify;
}

}  // namespace vetor::cli
