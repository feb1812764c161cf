#include "python/files_binding.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "python/exceptions.h"

namespace vetor::python {
namespace {

namespace nb = nanobind;

// Runs `work` with the GIL; what it raises becomes a Status with the exception's words.
template <typename Work>
auto WithPython(Work work) -> decltype(work()) {
  const nb::gil_scoped_acquire held;
  try {
    return work();
  } catch (nb::python_error& error) {
    const std::string words = nb::cast<std::string>(nb::str(error.value()));
    const bool interrupted = error.matches(PyExc_KeyboardInterrupt);
    return interrupted ? CancelledError("interrupted") : InvalidArgumentError(words);
  } catch (const std::exception& error) {
    return InternalError(error.what());
  }
}

// An object of Python that may be let go of by any thread.
std::shared_ptr<nb::object> Shared(nb::object object) {
  return {new nb::object(std::move(object)), [](nb::object* owned) {
            const nb::gil_scoped_acquire held;
            delete owned;
          }};
}

class PythonSource : public RowSource {
 public:
  explicit PythonSource(nb::object source) : source_(Shared(std::move(source))) {}

  Status Read(size_t most, FileRows* block) override {
    return WithPython([&] {
      const auto given = nb::cast<nb::tuple>(source_->attr("read")(most));
      const auto texts = nb::cast<nb::list>(nb::object(given[0]));
      const nb::object ids = given[1];
      block->rows.clear();
      block->rows.reserve(nb::len(texts));
      for (const nb::handle text : texts) {
        FileRow& row = block->rows.emplace_back();
        row.missing = text.is_none();
        if (!row.missing) row.text = nb::cast<std::string>(text);
      }
      if (!ids.is_none()) {
        size_t place = 0;
        for (const nb::handle id : nb::cast<nb::list>(ids)) {
          block->rows[place++].id = nb::cast<std::string>(id);
        }
      }
      block->last = nb::cast<bool>(given[2]);
      block->columns = Shared(given[3]);
      return Status();
    });
  }

  Status Skip(uint64_t rows) override {
    return WithPython([&] {
      source_->attr("skip")(rows);
      return Status();
    });
  }

  std::string TakeDigest() override {
    const nb::gil_scoped_acquire held;
    return nb::cast<std::string>(source_->attr("take_digest")());
  }

  uint64_t bytes_read() const override {
    const nb::gil_scoped_acquire held;
    return nb::cast<uint64_t>(source_->attr("bytes_read")());
  }

 private:
  std::shared_ptr<nb::object> source_;
};

class PythonSink : public RowSink {
 public:
  explicit PythonSink(nb::object sink) : sink_(Shared(std::move(sink))) {}

  Status Append(const EmbeddedBlock& rows) override {
    return WithPython([&] {
      const nb::capsule nobody(&rows, [](void*) noexcept {});
      using Vectors = nb::ndarray<nb::numpy, const float, nb::ndim<2>, nb::c_contig>;
      const Vectors vectors(rows.vectors.data(), {rows.block.rows.size(), rows.dim}, nobody);
      nb::list errors;
      nb::list missing;
      for (const FileRow& row : rows.block.rows) {
        errors.append(row.error.empty() ? nb::none() : nb::object(nb::str(row.error.c_str())));
        missing.append(nb::bool_(row.missing));
      }
      sink_->attr("append")(*static_cast<nb::object*>(rows.block.columns.get()), vectors, errors,
                            missing);
      return Status();
    });
  }

  Status Finish() override {
    return WithPython([&] {
      sink_->attr("finish")();
      return Status();
    });
  }

 private:
  std::shared_ptr<nb::object> sink_;
};

class PythonFiles : public RowFiles {
 public:
  explicit PythonFiles(nb::object files) : files_(Shared(std::move(files))) {}

  Result<std::unique_ptr<RowSource>> OpenSource(const std::filesystem::path& input) override {
    return WithPython([&]() -> Result<std::unique_ptr<RowSource>> {
      return std::unique_ptr<RowSource>(
          std::make_unique<PythonSource>(files_->attr("open_source")(input.string())));
    });
  }

  Result<std::unique_ptr<RowSink>> OpenSink(const std::filesystem::path& input,
                                            const std::filesystem::path& output,
                                            size_t dim) override {
    return WithPython([&]() -> Result<std::unique_ptr<RowSink>> {
      return std::unique_ptr<RowSink>(std::make_unique<PythonSink>(
          files_->attr("open_sink")(input.string(), output.string(), dim)));
    });
  }

  std::string ending() const override {
    const nb::gil_scoped_acquire held;
    return nb::cast<std::string>(files_->attr("ending"));
  }

  std::vector<std::pair<std::string, std::string>> settings() const override {
    const nb::gil_scoped_acquire held;
    std::vector<std::pair<std::string, std::string>> settings;
    for (const auto& [name, value] : nb::cast<nb::dict>(files_->attr("settings"))) {
      settings.emplace_back(nb::cast<std::string>(name), nb::cast<std::string>(value));
    }
    return settings;
  }

 private:
  std::shared_ptr<nb::object> files_;
};

template <typename T>
void Take(const nb::dict& keywords, const char* name, T* value) {
  if constexpr (NamedChoice<T>) {
    *value = ValueOrThrow(Parse<T>(nb::cast<std::string>(keywords[name]), name));
  } else {
    *value = nb::cast<T>(keywords[name]);
  }
}

}  // namespace

EmbedFilesOptions FileOptionsFrom(const nb::dict& keywords) {
  EmbedFilesOptions options;
  Take(keywords, "inputs", &options.inputs);
  options.output = nb::cast<std::string>(keywords["output"]);
  Take(keywords, "input_format", &options.input_format);
  Take(keywords, "field", &options.field);
  Take(keywords, "id_field", &options.id_field);
  Take(keywords, "into", &options.into);
  Take(keywords, "replace_invalid", &options.replace_invalid);
  Take(keywords, "output_dtype", &options.output_dtype);
  Take(keywords, "shard_rows", &options.shard_rows);
  Take(keywords, "on_error", &options.on_error);
  Take(keywords, "resume", &options.resume);
  Take(keywords, "on_long", &options.on_long);
  const nb::object files = keywords["files"];
  if (files.is_none()) {
    Take(keywords, "format", &options.format);
  } else {
    options.files = std::make_shared<PythonFiles>(files);
  }
  return options;
}

nb::dict ReportDict(const EmbedFilesReport& report) {
  nb::dict fields;
  fields["texts"] = report.texts;
  fields["tokens"] = report.tokens;
  fields["truncated"] = report.truncated;
  fields["failed"] = report.failed;
  fields["inputs"] = report.inputs;
  fields["outputs"] = report.outputs;
  fields["finished_outputs"] = report.finished_outputs;
  fields["finished_texts"] = report.finished_texts;
  return fields;
}

}  // namespace vetor::python
