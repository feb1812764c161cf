// Which execution providers to try, and how to report which one ran. Pure functions, tested with
// recorded answers of other runtimes.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// One attempt at starting a session.
struct ProviderAttempt {
  std::string provider;       ///< In the runtime's spelling.
  bool cpu_may_help = false;  ///< Nodes that it cannot run may go to the CPU.
};

struct ProviderPlan {
  std::vector<ProviderAttempt> attempts;  ///< In order of preference; never empty when ok.
  std::vector<std::string> skipped;       ///< "CUDAExecutionProvider: not in this build ..."
};

/// `requested` in order of preference, any spelling; `offered` is what the library was built with.
/// A list without the CPU means: fail rather than run nodes on it. With the CPU in the list, nodes
/// that another provider cannot run go to the CPU. INVALID_ARGUMENT: an unknown name. NOT_FOUND: no
/// provider of the list is offered.
Result<ProviderPlan> PlanProviders(std::span<const std::string> requested,
                                   std::span<const std::string> offered);

/// Whether the CPU is the first choice of `requested`, as it is of an empty list.
bool PrefersCpu(std::span<const std::string> requested);
/// Whether it is any choice of `requested`.
bool OffersCpu(std::span<const std::string> requested);

/// Nodes that a provider was given, from the runtime's own record.
struct ProviderNodes {
  std::string provider;
  size_t nodes = 0;
};

/// The provider that runs the graph: "CPUExecutionProvider", or if a part runs elsewhere
/// "CUDAExecutionProvider (12 of 400 nodes on CPUExecutionProvider)". `attempted` names the
/// provider if the record is empty.
std::string DescribeAssignment(std::span<const ProviderNodes> record, const std::string& attempted);

}  // namespace vetor
