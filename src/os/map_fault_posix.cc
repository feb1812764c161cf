#include "os/map_fault.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace vetor {
namespace {

// Everything that the handler touches: it may run at any place, so there are no locks and no
// memory to be allocated. A process maps a dozen files; a checkpoint has a few hundred at most.
constexpr size_t kPlaces = 256;
constexpr size_t kMostPathBytes = 255;

enum PlaceState : int { kFree, kBusy, kUsed };

struct Place {
  std::atomic<int> state = kFree;
  uintptr_t begin = 0;
  uintptr_t end = 0;
  std::array<char, kMostPathBytes + 1> path = {};
};

std::array<Place, kPlaces> places;
std::atomic<int> exit_code_of_fault = 1;
std::atomic<void (*)()> last_of_fault = nullptr;
struct sigaction before_us {};

// Control characters of a file's name must not reach a terminal.
void CopyPath(std::string_view path, Place* place) {
  const size_t bytes = std::min(path.size(), kMostPathBytes);
  for (size_t i = 0; i < bytes; ++i) {
    const auto byte = static_cast<unsigned char>(path[i]);
    place->path[i] = byte < 0x20 || byte == 0x7F ? '?' : path[i];
  }
  place->path[bytes] = '\0';
}

const Place* PlaceOf(uintptr_t address) {
  for (const Place& place : places) {
    if (place.state.load(std::memory_order_acquire) == kUsed && address >= place.begin &&
        address < place.end) {
      return &place;
    }
  }
  return nullptr;
}

void Say(const char* text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, std::strlen(text));
}

void OnFault(int, siginfo_t* info, void*) {
  const Place* place = PlaceOf(reinterpret_cast<uintptr_t>(info->si_addr));
  if (place == nullptr) {
    // The access is tried again after the return and meets the handler that was there before.
    ::sigaction(SIGBUS, &before_us, nullptr);
    return;
  }
  Say("vetor: ");
  Say(place->path.data());
  Say(" was cut while it was in use, or its disk cannot be read; replace files by renaming, and "
      "run the program again\n");
  if (void (*last)() = last_of_fault.load()) last();
  ::_exit(exit_code_of_fault);
}

}  // namespace

int NoteMap(std::string_view bytes, std::string_view path) {
  for (size_t i = 0; i < kPlaces; ++i) {
    Place& place = places[i];
    int expected = kFree;
    if (!place.state.compare_exchange_strong(expected, kBusy, std::memory_order_acquire)) continue;
    place.begin = reinterpret_cast<uintptr_t>(bytes.data());
    place.end = place.begin + bytes.size();
    CopyPath(path, &place);
    place.state.store(kUsed, std::memory_order_release);
    return static_cast<int>(i);
  }
  return -1;
}

void ForgetMap(int place) {
  if (place >= 0) places[static_cast<size_t>(place)].state.store(kFree, std::memory_order_release);
}

void ExplainMapFaults(int exit_code, void (*at_end)()) {
  exit_code_of_fault = exit_code;
  last_of_fault = at_end;
  struct sigaction action {};
  action.sa_sigaction = OnFault;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, &before_us);
}

}  // namespace vetor
