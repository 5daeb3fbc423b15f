// The bots' command that hands out login links, on a real store.
#include "http/login_links.hpp"

#include <gtest/gtest.h>

#include "projections/queries.hpp"
#include "projections/rebuild.hpp"
#include "tests/actors/wait.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::http {
namespace {

using actors::testing::wait;

constexpr const char* kPanel = "https://panel.example.org";

class LoginLinksTest : public ::testing::Test {
 protected:
  LoginLinksTest() {
    auto opened = storage::Store::open({folder_.path()});
    EXPECT_TRUE(opened);
    store_ = std::move(*opened);
    EXPECT_TRUE(projections::rebuild(*store_, false, {}));
    actors::SystemOptions options;
    options.mail.outbox = folder_.path() / "outbox";
    system_ = std::make_unique<actors::System>(*store_, store_->secrets(), options);
    for (const auto& [name, role] : {std::pair{"user", "user"}, {"boss", "admin"}, {"second", "admin"}})
      EXPECT_TRUE(wait([&, name = name, role = role](auto answer) {
        system_->register_account({0, name, std::string(name) + "@example.org", "", "hash", role},
                                  actors::by_the_house(), answer);
      }));
    offer_login_links(*system_, *store_, kPanel);
  }

  std::string say(const std::string& arguments, bool in_group = false) {
    const auto command = system_->commands().find("管理面板");
    EXPECT_TRUE(command && command->for_admins);
    actors::CommandCall call;
    call.arguments = arguments;
    call.speaker.in_group = in_group;
    const auto said = wait<std::string>([&](auto answer) { command->run(call, answer); });
    return said ? *said : said.error().message;
  }

  /// The token of the link in an answer; empty when it holds none.
  static std::string token_in(const std::string& said) {
    const std::string before = std::string(kPanel) + "/login/token?token=";
    const auto at = said.find(before);
    return at == said.npos ? "" : said.substr(at + before.size());
  }

  bool logs_in(const std::string& token) {
    const auto hash = actors::token_digest(token);
    const auto account = projections::Queries(*store_).account_with_login_link(hash);
    if (!account) return false;
    EXPECT_EQ(projections::Queries(*store_).account(*account)->username, "boss");
    return wait([&](auto answer) {
             system_->ask_account(*account, actors::LogInByLink{hash, "login" + token, "refresh"},
                                  actors::by_the_house(), answer);
           })
        .has_value();
  }

  storage::test::TempFolder folder_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<actors::System> system_;
};

TEST_F(LoginLinksTest, LogInTheFirstAdministratorOnce) {
  const auto token = token_in(say(""));
  EXPECT_EQ(token.size(), 43u);
  EXPECT_TRUE(logs_in(token));
  EXPECT_FALSE(logs_in(token));
}

TEST_F(LoginLinksTest, ThatArePermanentAreGoodAgainUntilTheNextOne) {
  const auto first = token_in(say("永久"));
  EXPECT_TRUE(logs_in(first));
  EXPECT_TRUE(logs_in(first));
  const auto second = token_in(say("permanent"));
  EXPECT_FALSE(logs_in(first));
  EXPECT_TRUE(logs_in(second));
}

TEST_F(LoginLinksTest, AreNotSaidInAGroupNorToWhoAsksForSomethingElse) {
  EXPECT_EQ(token_in(say("", true)), "");
  EXPECT_EQ(token_in(say("永久", true)), "");
  EXPECT_EQ(token_in(say("别的")), "");
}

}  // namespace
}  // namespace troupe::http
