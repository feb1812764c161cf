#include "python/exceptions.h"

#include <nanobind/nanobind.h>

#include "base/terminal_text.h"

namespace vetor::python {

void ThrowStatus(const Status& status) {
  namespace nb = nanobind;
  const nb::object type = nb::module_::import_("vetor._errors")
                              .attr(DescribeStatusCode(status.code()).python_exception);
  // Messages may quote file names or runtime messages that are not UTF-8, and Python prints the
  // message of an exception that is not caught.
  const std::string message = ForTerminal(status.message());
  const nb::object text = nb::steal(PyUnicode_DecodeUTF8(
      message.data(), static_cast<Py_ssize_t>(message.size()), "backslashreplace"));
  PyErr_SetObject(type.ptr(), text.ptr());
  throw nb::python_error();
}

}  // namespace vetor::python
