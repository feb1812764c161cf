#include "server/api/accept_field.h"

#include <gtest/gtest.h>

#include <string>

namespace vetor {
namespace {

bool WantsRaw(const std::string& accept) {
  HttpRequestHead head;
  head.fields = {{"accept", accept}};
  return PrefersRawRows(head);
}

TEST(AcceptField, RawRowsAreForWhoNamesThem) {
  for (const char* accept :
       {"application/octet-stream", "Application/Octet-Stream", " application/octet-stream ;q=0.5 ",
        "application/octet-stream, */*", "application/octet-stream, application/json",
        "application/json;q=0.5, application/octet-stream",
        "application/octet-stream;q=0.8, */*;q=0.5", "text/html, application/octet-stream;q=1.000",
        "application/json;q=0, application/octet-stream;q=0.001"}) {
    EXPECT_TRUE(WantsRaw(accept)) << accept;
  }
}

TEST(AcceptField, AllOthersGetJson) {
  for (const char* accept :
       {"", "*/*", "application/*", "application/json", "text/html", ",;,",
        // The name was looked for as a part of the text.
        "application/octet-stream;q=0", "application/octet-stream;q=0, */*",
        "application/octet-stream;Q=0.000", "application/octet-stream-2",
        "x/application/octet-stream", "application/octet-stream;q=0.5, application/json",
        "application/octet-stream;q=0.5, application/*;q=0.6",
        "application/octet-stream;q=0.5, */*", "application/octet-stream;q=2",
        "application/octet-stream;q=0.5.5", "application/octet-stream;q=high"}) {
    EXPECT_FALSE(WantsRaw(accept)) << accept;
  }
  EXPECT_FALSE(PrefersRawRows({}));
}

TEST(AcceptField, SeveralFieldsAreOneList) {
  HttpRequestHead head;
  head.fields = {{"Accept", "application/octet-stream;q=0.5"}, {"Accept", "application/json"}};
  EXPECT_FALSE(PrefersRawRows(head));
  head.fields[1].value = "application/json;q=0.2";
  EXPECT_TRUE(PrefersRawRows(head));
}

}  // namespace
}  // namespace vetor
