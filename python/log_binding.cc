#include "python/log_binding.h"

#include <atomic>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "base/terminal_text.h"
#include "base/thread_annotations.h"
#include "os/fork_guard.h"
#include "os/log.h"

namespace vetor::python {
namespace {

namespace nb = nanobind;

// More lines than that wait only if Python is stuck; then the newest ones are counted and not kept.
constexpr size_t kMaxWaiting = 4096;

struct Line {
  LogLevel level;
  std::string text;
};

struct LogQueue {
  LogQueue() { HoldThroughFork(&mutex); }
  Mutex mutex;
  std::vector<Line> lines;
  size_t dropped = 0;
  std::atomic<bool> waiting{false};
  PyObject* emit = nullptr;  // Guarded by the GIL.
};

LogQueue& TheQueue() {
  static auto* queue = new LogQueue;  // Never destroyed: threads may log during exit.
  return *queue;
}

// The number of the level in Python's logging.
int PythonLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return 10;
    case LogLevel::kInfo:
      return 20;
    case LogLevel::kWarning:
      return 30;
    default:
      return 40;
  }
}

int DeliverPending(void*) {
  DeliverLogLines();
  return 0;
}

void Enqueue(LogLevel level, std::string_view message) {
  LogQueue& queue = TheQueue();
  bool first = false;
  {
    const MutexLock lock(&queue.mutex);
    if (queue.lines.size() >= kMaxWaiting) {
      ++queue.dropped;
      return;
    }
    first = queue.lines.empty();
    queue.lines.push_back({level, ForTerminal(message, LineBreaks::kEscape)});
    queue.waiting.store(true, std::memory_order_release);
  }
  // If Python's small queue of pending calls is full, the end of the next call delivers the lines.
  if (first) static_cast<void>(Py_AddPendingCall(&DeliverPending, nullptr));
}

void Attach(nb::object emit) {
  LogQueue& queue = TheQueue();
  Py_XDECREF(queue.emit);
  queue.emit = emit.release().ptr();
  // Python's levels choose the lines that are shown, unless VETOR_LOG is set.
  if (std::getenv("VETOR_LOG") == nullptr) SetLogLevel(LogLevel::kInfo);
  SetLogSink(&Enqueue);
}

void Detach() {
  SetLogSink(nullptr);
  DeliverLogLines();
  LogQueue& queue = TheQueue();
  Py_CLEAR(queue.emit);
}

}  // namespace

void DeliverLogLines() {
  LogQueue& queue = TheQueue();
  if (!queue.waiting.load(std::memory_order_acquire) || queue.emit == nullptr) return;
  std::vector<Line> lines;
  size_t dropped = 0;
  {
    const MutexLock lock(&queue.mutex);
    lines.swap(queue.lines);
    dropped = std::exchange(queue.dropped, 0);
    queue.waiting.store(false, std::memory_order_relaxed);
  }
  if (dropped > 0) {
    lines.push_back({LogLevel::kWarning, std::to_string(dropped) + " log lines were dropped"});
  }
  // The caller may be about to raise an exception, which must not be lost.
  const nb::error_scope keep_error;
  const auto emit = nb::borrow(queue.emit);
  for (const Line& line : lines) {
    try {
      emit(PythonLevel(line.level),
           nb::steal(PyUnicode_DecodeUTF8(line.text.data(),
                                          static_cast<Py_ssize_t>(line.text.size()), "replace")));
    } catch (nb::python_error& error) {
      error.discard_as_unraisable("vetor's log");
    }
  }
}

void BindLog(nb::module_& module) {
  module.def("attach_log", &Attach, nb::arg("emit"),
             "Send log lines to emit(level, message) instead of standard error.");
  module.def("detach_log", &Detach, "Log to standard error again, as before attach_log.");
}

}  // namespace vetor::python
