#include "python/tokenizer_binding.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "python/call_watch.h"
#include "python/exceptions.h"
#include "python/log_binding.h"
#include "python/text_list.h"
#include "vetor/tokenizer.h"

namespace vetor::python {
namespace {

namespace nb = nanobind;

// The ids of all texts, one text after the other, and where the ids of each text begin.
struct Ids {
  std::vector<int64_t> ids;
  std::vector<int64_t> begins{0};
};

Status EncodeAll(const Tokenizer& tokenizer, std::span<const std::string_view> texts,
                 const EncodeOptions& options, const std::stop_token& stop, Ids* out) {
  TokenSequence tokens;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (stop.stop_requested()) return CancelledError("interrupted");
    const Status status = tokenizer.Encode(texts[i], options, &tokens);
    if (!status.ok()) return status.WithContext("text " + std::to_string(i));
    out->ids.insert(out->ids.end(), tokens.ids.begin(), tokens.ids.end());
    out->begins.push_back(static_cast<int64_t>(out->ids.size()));
  }
  return Status();
}

using IdArray = nb::ndarray<nb::numpy, const int64_t, nb::ndim<1>, nb::c_contig>;

Status DecodeAll(const Tokenizer& tokenizer, std::span<const IdArray> lists,
                 bool skip_special_tokens, const std::stop_token& stop,
                 std::vector<std::string>* texts) {
  for (size_t i = 0; i < lists.size(); ++i) {
    if (stop.stop_requested()) return CancelledError("interrupted");
    Result<std::string> text =
        tokenizer.Decode(std::span(lists[i].data(), lists[i].size()), skip_special_tokens);
    if (!text.ok()) return text.status().WithContext("ids[" + std::to_string(i) + "]");
    texts->push_back(*std::move(text));
  }
  return Status();
}

class PyTokenizer {
 public:
  explicit PyTokenizer(const std::string& path) {
    std::optional<Result<ModelTokenizer>> loaded;
    {
      const nb::gil_scoped_release released;
      loaded.emplace(OpenTokenizer(path));
    }
    DeliverLogLines();
    loaded_ = ValueOrThrow(*std::move(loaded));
  }

  // Returns a list of int64 arrays, which are views of one block.
  nb::object Encode(nb::handle texts, size_t max_length, bool add_special_tokens) const {
    const TextList list(texts);
    ThrowIfError(list.CheckNoSurrogate(
        "correct the text, or pass text.encode(\"utf-16\", \"surrogatepass\").decode(\"utf-16\", "
        "\"replace\"), which has U+FFFD in its place"));
    auto* ids = new Ids;
    const nb::capsule owner(ids, [](void* data) noexcept { delete static_cast<Ids*>(data); });
    Status status;
    RunWatched(nb::none(), [&](const std::stop_token& stop, const ReportProgress&) {
      status =
          EncodeAll(*loaded_.tokenizer, list.views(), {max_length, add_special_tokens}, stop, ids);
    });
    ThrowIfError(status);
    nb::list out;
    for (size_t i = 0; i + 1 < ids->begins.size(); ++i) {
      const auto begin = static_cast<size_t>(ids->begins[i]);
      const auto end = static_cast<size_t>(ids->begins[i + 1]);
      out.append(nb::ndarray<nb::numpy, int64_t, nb::ndim<1>>(ids->ids.data() + begin,
                                                              {end - begin}, owner));
    }
    return out;
  }

  // The arrays are held by `lists`; the caller's package has checked what they are.
  nb::list Decode(const std::vector<IdArray>& lists, bool skip_special_tokens) const {
    std::vector<std::string> texts;
    Status status;
    RunWatched(nb::none(), [&](const std::stop_token& stop, const ReportProgress&) {
      status = DecodeAll(*loaded_.tokenizer, lists, skip_special_tokens, stop, &texts);
    });
    ThrowIfError(status);
    nb::list out;
    for (const std::string& text : texts) out.append(nb::str(text.data(), text.size()));
    return out;
  }

  size_t max_length() const { return loaded_.max_length; }
  size_t vocabulary_size() const { return loaded_.tokenizer->vocabulary_size(); }
  std::optional<int64_t> TokenToId(const std::string& token) const {
    return loaded_.tokenizer->TokenToId(token);
  }
  std::string IdToToken(int64_t id) const { return std::string(loaded_.tokenizer->IdToToken(id)); }

 private:
  ModelTokenizer loaded_;
};

}  // namespace

void BindTokenizer(nb::module_& module) {
  nb::class_<PyTokenizer>(module, "Tokenizer")
      .def(nb::init<const std::string&>(), nb::arg("path"))
      .def("encode", &PyTokenizer::Encode, nb::arg("texts").none(), nb::arg("max_length"),
           nb::arg("add_special_tokens"))
      .def("decode", &PyTokenizer::Decode, nb::arg("ids"), nb::arg("skip_special_tokens"))
      .def("token_to_id", &PyTokenizer::TokenToId, nb::arg("token"))
      .def("id_to_token", &PyTokenizer::IdToToken, nb::arg("id"))
      .def_prop_ro("max_length", &PyTokenizer::max_length)
      .def_prop_ro("vocabulary_size", &PyTokenizer::vocabulary_size);
}

}  // namespace vetor::python
