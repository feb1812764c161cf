#include "python/text_list.h"

#include <string>

#include "base/utf8.h"

namespace vetor::python {
namespace {

namespace nb = nanobind;

const char* TypeName(PyObject* object) { return Py_TYPE(object)->tp_name; }

// A list or tuple of the elements of `texts`. An error that `texts` raises while it is iterated,
// such as a generator's KeyError, is passed on unchanged.
nb::object ListOf(nb::handle texts) {
  PyObject* object = texts.ptr();
  if (PyList_Check(object) || PyTuple_Check(object)) return nb::borrow(object);
  const bool alone = PyUnicode_Check(object) || PyBytes_Check(object) || PyDict_Check(object);
  const nb::object items = alone ? nb::object() : nb::steal(PyObject_GetIter(object));
  if (items.is_valid()) {
    nb::object list = nb::steal(PySequence_List(items.ptr()));
    if (!list.is_valid()) throw nb::python_error();
    return list;
  }
  if (PyErr_Occurred() == nullptr || PyErr_ExceptionMatches(PyExc_TypeError) != 0) {
    PyErr_Clear();
    PyErr_Format(PyExc_TypeError, "texts is %s; expected a list of str", TypeName(object));
  }
  throw nb::python_error();
}

}  // namespace

TextList::TextList(nb::handle texts) {
  const nb::object sequence = ListOf(texts);
  const auto count = static_cast<size_t>(PySequence_Fast_GET_SIZE(sequence.ptr()));
  views_.reserve(count);
  owned_.reserve(count);
  try {
    for (size_t i = 0; i < count; ++i) {
      Add(PySequence_Fast_GET_ITEM(sequence.ptr(), static_cast<Py_ssize_t>(i)), i);
    }
  } catch (...) {
    for (PyObject* item : owned_) Py_DECREF(item);
    throw;
  }
}

TextList::~TextList() {
  for (PyObject* item : owned_) Py_DECREF(item);
}

std::optional<TextList::Surrogate> TextList::FirstSurrogate(PyObject* item, size_t index) {
  const Py_ssize_t length = PyUnicode_GetLength(item);
  for (Py_ssize_t i = 0; i < length; ++i) {
    const Py_UCS4 code = PyUnicode_ReadChar(item, i);
    if (code >= 0xD800 && code <= 0xDFFF) return Surrogate{index, static_cast<size_t>(i), code};
  }
  return std::nullopt;
}

Status TextList::CheckNoSurrogate(std::string_view remedy) const {
  if (!surrogate_) return Status();
  constexpr char kDigits[] = "0123456789abcdef";
  std::string code;
  for (int shift = 12; shift >= 0; shift -= 4) code += kDigits[(surrogate_->code >> shift) & 15];
  return InvalidArgumentError(
      "text " + std::to_string(surrogate_->text) + " is not valid UTF-8 at byte " +
      std::to_string(FindInvalidUtf8(views_[surrogate_->text])) + ": its character " +
      std::to_string(surrogate_->character) + " is \\u" + code +
      ", a lone surrogate, which is half of a character; " + std::string(remedy));
}

void TextList::Add(PyObject* item, size_t index) {
  if (!PyUnicode_Check(item)) {
    PyErr_Format(PyExc_TypeError, "texts[%zu] is %s; expected str", index, TypeName(item));
    throw nb::python_error();
  }
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(item, &size);
  if (text != nullptr) {
    owned_.push_back(Py_NewRef(item));
  } else {
    PyErr_Clear();
    PyObject* bytes = PyUnicode_AsEncodedString(item, "utf-8", "surrogatepass");
    if (bytes == nullptr) throw nb::python_error();
    owned_.push_back(bytes);
    if (!surrogate_) surrogate_ = FirstSurrogate(item, index);
    text = PyBytes_AsString(bytes);
    size = PyBytes_Size(bytes);
  }
  views_.emplace_back(text, static_cast<size_t>(size));
  bytes_ += static_cast<size_t>(size);
}

}  // namespace vetor::python
