#include "bulk/manifest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>

#include "base/exceptions.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "base/utf8.h"
#include "os/json_file.h"

namespace vetor {
namespace {

namespace json = boost::json;

std::string MemberLine(std::string_view name, const json::value& value) {
  return fmt::format("  \"{}\": {}", name, EscapeControlsInJson(json::serialize(value)));
}

json::object SettingsJson(const BulkSettings& settings) {
  json::object object;
  for (const auto& [name, value] : settings) object[name] = value;
  return object;
}

json::array FailedJson(const std::vector<FailedRow>& failed) {
  json::array rows;
  for (const FailedRow& row : failed) {
    rows.push_back(json::object{{"row", row.row}, {"reason", row.reason}});
  }
  return rows;
}

template <typename T>
T Take(const json::object& object, std::string_view name) {
  return json::value_to<T>(object.at(name));
}

// Throws if a member is missing or of another type.
Manifest FromJson(const json::object& object) {
  Manifest manifest;
  manifest.version = Take<std::string>(object, "vetor");
  const json::object& input = object.at("input").as_object();
  manifest.input_name = Take<std::string>(input, "name");
  manifest.input_bytes = Take<uint64_t>(input, "bytes");
  manifest.input_modified_ns = Take<int64_t>(input, "modified_ns");
  manifest.input_digest = Take<std::string>(input, "sha256");
  const json::object& output = object.at("output").as_object();
  manifest.output_name = Take<std::string>(output, "name");
  manifest.output_bytes = Take<uint64_t>(output, "bytes");
  manifest.part = Take<uint64_t>(output, "part");
  manifest.first_row = Take<uint64_t>(output, "first_row");
  manifest.last = Take<bool>(output, "last");
  manifest.rows = Take<uint64_t>(object, "rows");
  manifest.tokens = Take<uint64_t>(object, "tokens");
  manifest.truncated = Take<uint64_t>(object, "truncated");
  manifest.failed = Take<uint64_t>(object, "failed");
  const json::object& model = object.at("model").as_object();
  manifest.model_id = Take<std::string>(model, "id");
  manifest.fingerprint = Take<std::string>(model, "fingerprint");
  manifest.runtime = Take<std::string>(model, "runtime");
  manifest.provider = Take<std::string>(model, "provider");
  manifest.precision = Take<std::string>(model, "precision");
  manifest.dim = Take<uint64_t>(model, "dim");
  for (const auto& setting : object.at("settings").as_object()) {
    manifest.settings.emplace_back(
        setting.key(), Take<std::string>(object.at("settings").as_object(), setting.key()));
  }
  return manifest;
}

Status OtherMaker(const std::filesystem::path& path, const std::string& what,
                  const std::string& found, const std::string& wanted) {
  return FailedPreconditionError(
      fmt::format("{} was written with {} {}, and this job has {}; run it as before, or give it "
                  "another output folder",
                  path.string(), what, found, wanted));
}

std::string SettingIn(const BulkSettings& settings, const std::string& name) {
  for (const auto& [other, value] : settings) {
    if (other == name) return "\"" + value + "\"";
  }
  return "none";
}

}  // namespace

BulkSettings SettingsOf(const EmbedFilesOptions& options) {
  BulkSettings settings;
  if (options.files) {
    settings = options.files->settings();
  } else {
    settings = {{"input_format", std::string(ToString(options.input_format))},
                {"field", options.field},
                {"id_field", options.id_field},
                {"into", options.into},
                {"replace_invalid", options.replace_invalid ? "true" : "false"},
                {"format", std::string(ToString(options.format))},
                {"output_dtype", std::string(ToString(options.output_dtype))}};
  }
  settings.emplace_back("shard_rows", std::to_string(options.shard_rows));
  settings.emplace_back("on_error", ToString(options.on_error));
  return settings;
}

void DescribeMaker(const ServiceInfo& info, const BulkSettings& settings, Manifest* manifest) {
  manifest->version = VETOR_VERSION;
  manifest->model_id = info.model_id;
  manifest->fingerprint = info.fingerprint;
  manifest->runtime = info.active_runtime;
  manifest->provider = info.active_provider;
  manifest->precision = info.active_precision;
  manifest->dim = info.dim;
  manifest->settings = settings;
}

std::string ManifestText(const Manifest& manifest) {
  const json::object input = {{"name", manifest.input_name},
                              {"bytes", manifest.input_bytes},
                              {"modified_ns", manifest.input_modified_ns},
                              {"sha256", manifest.input_digest}};
  const json::object output = {{"name", manifest.output_name},
                               {"bytes", manifest.output_bytes},
                               {"part", manifest.part},
                               {"first_row", manifest.first_row},
                               {"last", manifest.last}};
  const json::object model = {
      {"id", manifest.model_id},         {"fingerprint", manifest.fingerprint},
      {"runtime", manifest.runtime},     {"provider", manifest.provider},
      {"precision", manifest.precision}, {"dim", manifest.dim}};
  std::vector<std::string> lines = {MemberLine("vetor", json::value(manifest.version)),
                                    MemberLine("input", input),
                                    MemberLine("output", output),
                                    MemberLine("rows", manifest.rows),
                                    MemberLine("tokens", manifest.tokens),
                                    MemberLine("truncated", manifest.truncated),
                                    MemberLine("failed", manifest.failed),
                                    MemberLine("model", model),
                                    MemberLine("settings", SettingsJson(manifest.settings))};
  if (!manifest.failed_rows.empty()) {
    lines.push_back(MemberLine("failed_rows", FailedJson(manifest.failed_rows)));
  }
  return fmt::format("{{\n{}\n}}\n", fmt::join(lines, ",\n"));
}

Result<Manifest> ReadManifest(const std::filesystem::path& path) {
  VETOR_ASSIGN_OR_RETURN(const json::value value, ReadJsonFile(path));
  Result<Manifest> manifest =
      CatchExceptions([&]() -> Result<Manifest> { return FromJson(value.as_object()); });
  if (manifest.ok()) return manifest;
  return DataLossError(path.string() + " is not the manifest of a bulk job of this version (" +
                       manifest.status().message() + "); move it away, or name another folder");
}

Status CheckSameMaker(const Manifest& found, const Manifest& wanted,
                      const std::filesystem::path& path) {
  for (const auto& [name, value] : wanted.settings) {
    const std::string before = SettingIn(found.settings, name);
    if (before != "\"" + value + "\"") {
      return OtherMaker(path, "option " + name, before, "\"" + value + "\"");
    }
  }
  if (found.model_id != wanted.model_id) {
    return OtherMaker(path, "the model", found.model_id, wanted.model_id);
  }
  if (found.fingerprint != wanted.fingerprint) {
    return OtherMaker(
        path, "a model or settings of it with the fingerprint", found.fingerprint,
        wanted.fingerprint + " (the same name, but other files, precision, prompt or length)");
  }
  return Status();
}

bool IsOfInput(const Manifest& manifest, const std::filesystem::path& input,
               const FileStamp& stamp) {
  return manifest.input_name == ReplaceInvalidUtf8(input.filename().string()) &&
         manifest.input_bytes == stamp.bytes && manifest.input_modified_ns == stamp.modified_ns;
}

}  // namespace vetor
