#include "server/api/route_table.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>
#include <utility>

namespace vetor {
namespace {

TEST(RouteTable, NoRouteIsThereTwice) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Route& route : Routes()) {
    EXPECT_TRUE(seen.insert({route.method, route.path}).second) << route.path;
  }
}

TEST(RouteTable, EveryRouteIsReachedByItsPath) {
  for (const Route& route : Routes()) {
    EXPECT_EQ(MatchRoute(route.method, route.path).route.id, route.id) << route.path;
    EXPECT_EQ(FamilyOfPath(route.path), route.path == "/" ? Family::kTei : route.family);
  }
}

TEST(RouteTable, TheBodyOfRootDecidesByItsMethod) {
  EXPECT_EQ(MatchRoute("GET", "/").route.id, RouteId::kPage);
  EXPECT_EQ(MatchRoute("HEAD", "/").route.id, RouteId::kPage);
  EXPECT_EQ(MatchRoute("POST", "/").route.id, RouteId::kTeiRoot);
  EXPECT_EQ(MatchRoute("PUT", "/").route.id, RouteId::kUnknown);
}

TEST(RouteTable, IdsOfModelsMayHoldSlashes) {
  const RouteMatch match = MatchRoute("GET", "/v1/models/org/name");
  EXPECT_EQ(match.route.id, RouteId::kOpenAiModel);
  EXPECT_EQ(match.last_segment, "org/name");
  EXPECT_EQ(MatchRoute("GET", "/v1/models/").route.id, RouteId::kOpenAiModels);
}

}  // namespace
}  // namespace vetor
