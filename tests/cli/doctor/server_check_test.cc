#include "cli/doctor/server_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "tests/server/http/self_signed_certificate.h"
#include "tests/support/temporary_folder.h"

namespace vetor::cli {
namespace {

using ::testing::HasSubstr;
using vetor::testing::WriteCertificate;

constexpr long kDay = 24 * 3600;

class ServerCheckTest : public ::testing::Test {
 protected:
  ServerConfig WithCertificate(long seconds_left) {
    ServerConfig config;
    config.tls_cert = (folder_ / "cert.pem").string();
    config.tls_key = (folder_ / "key.pem").string();
    WriteCertificate("vetor.example", config.tls_cert, config.tls_key, seconds_left);
    return config;
  }

  const TemporaryFolder folder_;
};

TEST_F(ServerCheckTest, ThereIsNoneIfNothingOfTheServerIsSet) {
  EXPECT_FALSE(CheckServer(ServerConfig()));
  EXPECT_TRUE(CheckServer({.port = 9000}));
}

TEST_F(ServerCheckTest, KeyAndCertificateAreRead) {
  ServerConfig config = WithCertificate(100 * kDay + 60);
  config.host = "0.0.0.0";
  config.api_key_file = (folder_ / "key").string();
  std::ofstream(config.api_key_file) << "a-key\n";
  const DoctorCheck check = CheckServer(config).value();
  EXPECT_EQ(check.state, CheckState::kOk);
  EXPECT_THAT(check.detail, HasSubstr("0.0.0.0:8080"));
  EXPECT_THAT(check.detail, HasSubstr("must show the API key"));
  EXPECT_THAT(check.detail, HasSubstr("vetor.example is valid until 2"));
  EXPECT_THAT(check.detail, HasSubstr("(100 days)"));
  EXPECT_EQ(check.remedy, "");
}

TEST_F(ServerCheckTest, ACertificateNearOrPastItsEndIsSaid) {
  const DoctorCheck near = CheckServer(WithCertificate(3 * kDay + 60)).value();
  EXPECT_EQ(near.state, CheckState::kNote);
  EXPECT_THAT(near.detail, HasSubstr("(3 days)"));
  EXPECT_THAT(near.remedy, HasSubstr("SIGHUP"));
  const DoctorCheck past = CheckServer(WithCertificate(-60)).value();
  EXPECT_EQ(past.state, CheckState::kWrong);
  EXPECT_THAT(past.detail, HasSubstr("(-1 days)"));
}

TEST_F(ServerCheckTest, FilesThatCannotBeUsedAreWrongWithTheirSetting) {
  ServerConfig config;
  config.api_key_file = (folder_ / "absent").string();
  EXPECT_EQ(CheckServer(config)->state, CheckState::kWrong);
  EXPECT_THAT(CheckServer(config)->detail, HasSubstr("ai.server.api_key_file"));
  config = WithCertificate(kDay);
  WriteCertificate("another", (folder_ / "other.pem").string(), config.tls_key);
  EXPECT_EQ(CheckServer(config)->state, CheckState::kWrong);
  EXPECT_THAT(CheckServer(config)->detail, HasSubstr("ai.server.tls_key"));
}

TEST_F(ServerCheckTest, AnOpenAddressIsANoteWithARemedy) {
  const DoctorCheck check = CheckServer({.host = "0.0.0.0"}).value();
  EXPECT_EQ(check.state, CheckState::kNote);
  EXPECT_THAT(check.remedy, HasSubstr("ai.server.api_key_file"));
  EXPECT_THAT(check.remedy, HasSubstr("ai.server.tls_cert"));
  EXPECT_EQ(CheckServer({.host = "0.0.0.0", .socket = "/run/v.sock"})->remedy, "");
}

}  // namespace
}  // namespace vetor::cli
