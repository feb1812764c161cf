// vetor._native: the library's API for the Python code in python/vetor, which gives it its form.
// Nothing here is public; vetor/_native.pyi has the types.
#include <nanobind/nanobind.h>

#include "python/benchmark_binding.h"
#include "python/config_binding.h"
#include "python/log_binding.h"
#include "python/model_binding.h"
#include "python/service_binding.h"
#include "python/similarity_binding.h"
#include "python/tokenizer_binding.h"

NB_MODULE(_native, module) {
  // A service in a global variable may outlive the module, which is not a leak.
  nanobind::set_leak_warnings(false);
  module.attr("__version__") = VETOR_VERSION;
  vetor::python::BindLog(module);
  vetor::python::BindConfig(module);
  vetor::python::BindService(module);
  vetor::python::BindSimilarity(module);
  vetor::python::BindTokenizer(module);
  vetor::python::BindModels(module);
  vetor::python::BindBenchmark(module);
}
