#include "cli/link/link_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "base/status_macros.h"
#include "os/cpu.h"

namespace vetor::cli {

void LinkFlags::AddTo(CLI::App* command) {
  const auto repeatable = [command](const char* name, std::vector<std::string>* values,
                                    const char* type, const char* words) {
    command->add_option(name, *values, words)->type_name(type)->allow_extra_args(false);
  };
  repeatable("--field,-f", &fields, "NAME",
             "Field that is compared. Given more than once, the score is the mean of the fields' "
             "cosines. Default text, or the whole line if the input is plain lines.");
  repeatable("--same", &same, "FIELD[:N]",
             "Compare only rows that agree on this field, or on its first N characters. Given more "
             "than once, rows must agree on all fields: --same season --same date:10");
  repeatable("--where", &where, "CONDITION",
             "Take only rows that meet FIELD=VALUE or FIELD!=VALUE. Several values of one FIELD= "
             "are alternatives; all other conditions must hold together.");
  command
      ->add_option("--id-field", id_field,
                   "Field that is copied to the results as \"id\", as it is written: numbers keep "
                   "every digit.")
      ->type_name("NAME");
  command->add_flag(
      "--with-text", with_text,
      "Show the text of each row in the results; with more than one --field, that of the first.");
  command
      ->add_option("--truth", truth,
                   "Field whose value is equal exactly if rows belong together: measures how many "
                   "results are right, beside what --same alone would give.")
      ->type_name("FIELD");
  command
      ->add_option("--output,-o", output,
                   "Where the results go. Default \"-\", standard output. A file appears whole, "
                   "at the end.")
      ->type_name("FILE");
  rows.AddTo(command);
  run.AddTo(command);
  settings.AddTo(command);
}

Result<RecordSet> LinkFlags::Read(const std::string& path,
                                  const std::vector<std::string>& more_where,
                                  const CommandContext& context, TextNumbers* blocks,
                                  TextNumbers* truths) const {
  RecordSelection selection;
  std::vector<std::string> conditions = where;
  conditions.insert(conditions.end(), more_where.begin(), more_where.end());
  VETOR_ASSIGN_OR_RETURN(selection.filter, RowFilter::Parse(conditions));
  for (const std::string& text : same) {
    VETOR_ASSIGN_OR_RETURN(SameField field, SameField::Parse(text));
    selection.same.push_back(std::move(field));
  }
  selection.fields = fields;
  selection.id_field = id_field;
  selection.truth_field = truth;
  const bool fields_named = !fields.empty() || !same.empty() || !conditions.empty() ||
                            !id_field.empty() || !truth.empty();
  VETOR_ASSIGN_OR_RETURN(RowReader reader, rows.Open(path, fields_named, context));
  if (fields.empty()) {
    const bool lines = ChooseRowFormat(rows.format, path, fields_named) == RowFormat::kLines;
    selection.fields = {lines ? "" : "text"};
  }
  return ReadRecords(&reader, selection, blocks, truths);
}

std::string LinkFlags::SameText() const { return fmt::format("{}", fmt::join(same, ", ")); }

Result<EmbeddingsConfig> LinkFlags::ResolveSettings() const {
  VETOR_ASSIGN_OR_RETURN(EmbeddingsConfig config, settings.Resolve());
  config.normalize = true;
  return config;
}

VectorRows RecordVectors::View(const RecordSet& records) const {
  VectorRows view;
  for (const std::vector<float>& values : fields) view.fields.push_back({values, dim});
  view.block = records.block;
  view.rows = records.rows();
  return view;
}

Result<RecordVectors> EmbedRecords(EmbeddingRun* run, const RecordSet& records, size_t before,
                                   size_t total) {
  RecordVectors vectors;
  vectors.dim = run->service().dim();
  for (const std::vector<std::string>& texts : records.texts) {
    const auto place = [&records](size_t row) { return records.Place(row); };
    VETOR_ASSIGN_OR_RETURN(std::vector<float> values, run->EmbedAll(texts, before, total, place));
    vectors.fields.push_back(std::move(values));
    before += texts.size();
  }
  return vectors;
}

int ComparingThreads(const EmbeddingsConfig& config) {
  return config.threads > 0 ? config.threads : ReadCpuBudget().workers;
}

}  // namespace vetor::cli
