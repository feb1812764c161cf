#include "python/text_list.h"

namespace vetor::python {
namespace {

namespace nb = nanobind;

const char* TypeName(PyObject* object) { return Py_TYPE(object)->tp_name; }

}  // namespace

TextList::TextList(nb::handle texts) {
  const nb::object sequence =
      PyUnicode_Check(texts.ptr()) || PyBytes_Check(texts.ptr()) || PyDict_Check(texts.ptr())
          ? nb::object()
          : nb::steal(PySequence_Fast(texts.ptr(), ""));
  if (!sequence.is_valid()) {
    PyErr_Clear();
    PyErr_Format(PyExc_TypeError, "texts is %s; expected a list of str", TypeName(texts.ptr()));
    throw nb::python_error();
  }
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
    text = PyBytes_AsString(bytes);
    size = PyBytes_Size(bytes);
  }
  views_.emplace_back(text, static_cast<size_t>(size));
  bytes_ += static_cast<size_t>(size);
}

}  // namespace vetor::python
