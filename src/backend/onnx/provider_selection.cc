#include "backend/onnx/provider_selection.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "config/provider_names.h"

namespace vetor {
namespace {

std::string Join(std::span<const std::string> parts, const char* separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : separator) + part;
  return text;
}

}  // namespace

Result<ProviderPlan> PlanProviders(std::span<const std::string> requested,
                                   std::span<const std::string> offered) {
  std::vector<std::string> wanted;
  for (const std::string& name : requested) {
    const std::string_view canonical = CanonicalProviderName(name);
    if (canonical.empty()) {
      return InvalidArgumentError(
          "\"" + name + "\" is not an execution provider; this library has " + Join(offered, ", "));
    }
    if (std::find(wanted.begin(), wanted.end(), canonical) == wanted.end()) {
      wanted.emplace_back(canonical);
    }
  }
  if (wanted.empty()) wanted.emplace_back(kCpuProvider);
  const bool cpu_wanted = std::find(wanted.begin(), wanted.end(), kCpuProvider) != wanted.end();
  ProviderPlan plan;
  for (const std::string& name : wanted) {
    if (std::find(offered.begin(), offered.end(), name) == offered.end()) {
      plan.skipped.push_back(name + ": not in this build of ONNX Runtime");
    } else {
      plan.attempts.push_back({name, cpu_wanted && name != kCpuProvider});
    }
  }
  if (plan.attempts.empty()) {
    return NotFoundError("none of the execution providers is available: " +
                         Join(plan.skipped, "; ") + "; this library has " + Join(offered, ", ") +
                         ". Add \"cpu\" to the list or install a library that has the provider");
  }
  return plan;
}

bool PrefersCpu(std::span<const std::string> requested) {
  return requested.empty() || CanonicalProviderName(requested.front()) == kCpuProvider;
}

bool OffersCpu(std::span<const std::string> requested) {
  return requested.empty() ||
         std::any_of(requested.begin(), requested.end(), [](const std::string& name) {
           return CanonicalProviderName(name) == kCpuProvider;
         });
}

std::string DescribeAssignment(std::span<const ProviderNodes> record,
                               const std::string& attempted) {
  std::map<std::string, size_t> nodes;
  size_t total = 0;
  for (const ProviderNodes& part : record) {
    nodes[part.provider] += part.nodes;
    total += part.nodes;
  }
  if (total == 0) return attempted;
  // The provider that was asked for is the one to name, unless it got nothing at all.
  const auto asked = nodes.find(attempted);
  const auto most = std::max_element(
      nodes.begin(), nodes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  const std::string active = asked != nodes.end() && asked->second > 0 ? attempted : most->first;
  std::string elsewhere;
  for (const auto& [provider, count] : nodes) {
    if (provider == active || count == 0) continue;
    elsewhere += (elsewhere.empty() ? "" : ", ") + std::to_string(count) + " of " +
                 std::to_string(total) + " nodes on " + provider;
  }
  return elsewhere.empty() ? active : active + " (" + elsewhere + ")";
}

}  // namespace vetor
