// Views a Python sequence of str as UTF-8 for the time of one call.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "vetor/status.h"

namespace vetor::python {

/// Holds a reference to every str, so that another thread may change the list while the GIL is
/// released. CPython keeps a str's UTF-8 with it, so this copies nothing (CPython encodes a str
/// that is not ASCII once). A lone surrogate becomes its three bytes, which are not valid UTF-8:
/// the library replaces them, as in any other text, or the call is refused by CheckNoSurrogate.
/// Must be made and destroyed with the GIL held.
class TextList {
 public:
  /// Throws TypeError unless `texts` is a list, tuple or other iterable (not a str) of str, and any
  /// exception that `texts` itself raises.
  explicit TextList(nanobind::handle texts);
  ~TextList();
  TextList(const TextList&) = delete;
  TextList& operator=(const TextList&) = delete;

  std::span<const std::string_view> views() const { return views_; }
  size_t bytes() const { return bytes_; }

  /// An error that names the text and place of the first lone surrogate, followed by `remedy`; OK
  /// if there is none.
  Status CheckNoSurrogate(std::string_view remedy) const;

 private:
  struct Surrogate {
    size_t text;
    size_t character;
    uint32_t code;
  };
  static std::optional<Surrogate> FirstSurrogate(PyObject* item, size_t index);
  void Add(PyObject* item, size_t index);

  std::vector<std::string_view> views_;
  std::vector<PyObject*> owned_;
  std::optional<Surrogate> surrogate_;  // The first.
  size_t bytes_ = 0;
};

}  // namespace vetor::python
