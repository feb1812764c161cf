#include "python/call_options.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <stop_token>
#include <string>

#include "python/choice_property.h"
#include "python/exceptions.h"

namespace vetor::python {
namespace {

namespace nb = nanobind;
using Clock = std::chrono::steady_clock;

// One attribute per option. An option of a type that none of these takes does not compile.
class Attributes {
 public:
  explicit Attributes(nb::class_<CallOptions>* bound) : bound_(*bound) {}

  void operator()(const char* name, bool EmbedOptions::*member) {
    bound_.def_prop_rw(
        name, [member](const CallOptions& options) { return options.embed.*member; },
        [member](CallOptions& options, bool value) { options.embed.*member = value; });
  }

  void operator()(const char* name, std::optional<std::string> EmbedOptions::*member) {
    using Text = std::optional<std::string>;
    bound_.def_prop_rw(
        name, [member](const CallOptions& options) { return options.embed.*member; },
        [member](CallOptions& options, Text value) { options.embed.*member = std::move(value); },
        nb::for_setter(nb::arg("value").none()));
  }

  template <NamedChoice E>
  void operator()(const char* name, E EmbedOptions::*member) {
    bound_.def_prop_rw(
        name, [member](const CallOptions& options) { return ToNames(options.embed.*member); },
        [member, name](CallOptions& options, const std::string& value) {
          FromNames(value, name, &(options.embed.*member));
        });
  }

  template <NamedChoice E>
  void operator()(const char* name, std::optional<E> EmbedOptions::*member) {
    using Name = std::optional<std::string>;
    bound_.def_prop_rw(
        name,
        [member](const CallOptions& options) {
          const std::optional<E>& value = options.embed.*member;
          return value ? Name(ToNames(*value)) : std::nullopt;
        },
        [member, name](CallOptions& options, const Name& value) {
          options.embed.*member = std::nullopt;
          if (value) options.embed.*member = ValueOrThrow(Parse<E>(*value, name));
        },
        nb::for_setter(nb::arg("value").none()));
  }

  void operator()(const char*, std::optional<Clock::time_point> EmbedOptions::*) {
    bound_.def_rw("timeout", &CallOptions::timeout, nb::arg().none());
  }

  void operator()(const char*, std::stop_token EmbedOptions::*) {}  // Ctrl-C stops a call.

  // A call of Python waits for room.
  void operator()(const char*,
                  std::function<Status(std::span<const std::string_view>)> EmbedOptions::*) {}

  void operator()(const char* name, std::function<void(size_t, size_t)> EmbedOptions::*) {
    bound_.def_rw(name, &CallOptions::progress, nb::arg().none());
  }

 private:
  nb::class_<CallOptions>& bound_;
};

}  // namespace

EmbedOptions CallOptions::ForCall() const {
  EmbedOptions options = embed;
  // A timeout of a year or more means no deadline, because infinity would overflow the clock.
  if (timeout && !(*timeout >= 3e7)) {
    if (std::isnan(*timeout)) {
      ThrowStatus(InvalidArgumentError("timeout is NaN; expected seconds"));
    }
    // A negative timeout must not overflow the clock either; it means that the time is over.
    const std::chrono::duration<double> seconds(std::max(*timeout, 0.0));
    options.deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(seconds);
  }
  return options;
}

void BindCallOptions(nb::module_& module) {
  nb::class_<CallOptions> bound(module, "CallOptions");
  bound.def(nb::init<>());
  ForEachEmbedOption(Attributes(&bound));
}

}  // namespace vetor::python
