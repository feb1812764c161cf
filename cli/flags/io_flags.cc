#include "cli/flags/io_flags.h"

#include "cli/streams/byte_stream.h"

namespace vetor::cli {

void TextField::AddTo(CLI::App* command) {
  command->add_option("--field", name, "Field of a jsonl row that is the text. Default text.")
      ->type_name("NAME");
}

const std::string& TextField::OrText() const {
  static const std::string kText = "text";
  return name.empty() ? kText : name;
}

void IoFlags::AddTo(CLI::App* command, const IoHelp& help) {
  command->add_option("--input,-i", input, help.read + " Default \"-\", standard input.")
      ->type_name("FILE");
  command
      ->add_option(
          "--output,-o", output,
          help.written + " Default \"-\", standard output. A file appears whole, at the end.")
      ->type_name("FILE");
}

Status IoFlags::Check(const RunFlags& run) const {
  return CheckStreams({{"--input", input}}, {{"--output", output}, {"--stats", run.stats}});
}

}  // namespace vetor::cli
