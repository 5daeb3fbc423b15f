#include "actors/catalogue_entry.hpp"

#include "actors/base_url.hpp"
#include "projections/catalogue_queries.hpp"
#include "projections/exports.hpp"
#include "projections/projection.hpp"
#include "tests/actors/given.hpp"
#include "tests/storage/temp_folder.hpp"

namespace troupe::actors {
namespace {

using namespace events;
using testing::expect_refused;
using testing::only;
using Providers = testing::Given<ProviderDecider>;
using Personalities = testing::Given<PersonalityDecider>;
using ProviderAdded = EntryAdded<Provider>;
using ProviderChanged = EntryChanged<Provider>;
using ProviderRemoved = EntryRemoved<Provider>;

Provider provider(const std::string& name = "main") {
  Provider made;
  made.name = name;
  made.base_url = "https://models.example.org/v1";
  made.model = "m-1";
  made.sealed_keys = {"sealed"};
  made.key_hints = {"wxyz"};
  return made;
}

Personality personality() {
  Personality made;
  made.name = "helper";
  made.prompt = "You help.\nAlways.";
  return made;
}

const ProviderAdded kAdded{"AbCdEfGhIjKl", provider()};

TEST(CatalogueDecider, AddsChangesAndRemoves) {
  EXPECT_EQ(only<ProviderAdded>(Providers().when(AddEntry<Provider>{"AbCdEfGhIjKl", provider()})).entry.model, "m-1");
  const Providers added({kAdded});
  const auto changed = only<ProviderChanged>(added.when(ChangeEntry{{{"model", "m-2"}, {"enabled", false}}}));
  EXPECT_EQ(changed.entry.model, "m-2");
  EXPECT_FALSE(changed.entry.enabled);
  EXPECT_EQ(changed.entry.sealed_keys, provider().sealed_keys) << "what is not named stays";
  EXPECT_EQ(only<ProviderRemoved>(added.when(RemoveEntry{})).name, "main");
}

TEST(CatalogueDecider, TellsNothingWhenNothingChanges) {
  const auto same = Providers({kAdded}).when(ChangeEntry{{{"model", "m-1"}}});
  ASSERT_TRUE(same);
  EXPECT_TRUE(same->empty());
}

TEST(CatalogueDecider, ChangesOneFieldOfASectionOfTheSettingsAndNoOther) {
  using Changed = EntryChanged<BotSettings>;
  using Settings = testing::Given<CatalogueDecider<BotSettings>>;
  const Changed first = only<Changed>(Settings().when(ChangeEntry{{{"wake.at", false}}}));
  const Changed second = only<Changed>(Settings({first}).when(ChangeEntry{{{"wake.keyword", true}}}));
  EXPECT_FALSE(second.entry.wake.at) << "another's change stands";
  EXPECT_TRUE(second.entry.wake.keyword);
  EXPECT_TRUE(only<Changed>(Settings({first}).when(ChangeEntry{{{"wake.at", true}}})).entry.wake.at) << "the last wins";
  for (const char* name : {"wake.colour", "sleep.at", "wake.at.all", "wake.prefixes.0", "wake.", ".at", ""})
    expect_refused(Settings().when(ChangeEntry{{{name, true}}}), Errc::invalid, name);
}

TEST(CatalogueDecider, ChangesOtherEntriesByWholeFieldsThatGuardsLookAt) {
  using Servers = testing::Given<CatalogueDecider<McpServer>>;
  McpServer server;
  server.name = "files";
  server.command = "npx";
  server.sealed_env = {{"KEY", "sealed"}};
  expect_refused(Servers({EntryAdded<McpServer>{"AbCdEfGhIjKl", server}}).when(ChangeEntry{{{"sealed_env.KEY", "x"}}}),
                 Errc::invalid, "sealed_env.KEY");
}

TEST(CatalogueDecider, NothingFollowsRemoval) {
  const Providers gone({kAdded, ProviderRemoved{"main"}});
  expect_refused(gone.when(ChangeEntry{{{"model", "m-2"}}}), Errc::not_found);
  expect_refused(gone.when(RemoveEntry{}), Errc::not_found);
  expect_refused(Providers().when(RemoveEntry{}), Errc::not_found);
  expect_refused(Providers({kAdded}).when(AddEntry<Provider>{"AbCdEfGhIjKl", provider()}), Errc::conflict, "id");
}

TEST(CatalogueDecider, ANameIsTakenChangedAndGivenBack) {
  const Providers added({kAdded});
  const auto taken = ProviderDecider::claims({}, kAdded);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].name, "provider/main");
  const auto renamed = ProviderDecider::claims(added.state, ProviderChanged{provider("other")});
  ASSERT_EQ(renamed.size(), 2u);
  EXPECT_EQ(renamed[0].kind, Claim::Kind::release);
  EXPECT_EQ(renamed[1].name, "provider/other");
  EXPECT_TRUE(ProviderDecider::claims(added.state, ProviderChanged{provider()}).empty());
  EXPECT_EQ(ProviderDecider::claims(added.state, ProviderRemoved{}).at(0).kind, Claim::Kind::release);
}

TEST(CatalogueDecider, NamesTheFieldOfABadProvider) {
  const Providers added({kAdded});
  const std::pair<const char*, Json> bad[] = {
      {"name", ""},
      {"name", "a/b"},
      {"name", "echo"},
      {"name", std::string(defaults::kMaxCatalogueNameLength + 1, 'n')},
      {"format", "telegraph"},
      {"base_url", "ftp://models.example.org"},
      {"model", std::string(defaults::kMaxModelNameLength + 1, 'm')},
      {"models", std::vector<std::string>(defaults::kMaxModelsPerProvider + 1, "m")},
      {"models", {""}},
      {"priority", -1},
      {"priority", defaults::kMaxProviderPriority + 1},
  };
  for (const auto& [field, value] : bad)
    expect_refused(added.when(ChangeEntry{{{field, value}}}), Errc::invalid, field);
  const std::vector<std::string> many(defaults::kMaxKeysPerProvider + 1, "k");
  expect_refused(added.when(ChangeEntry{{{"sealed_keys", many}, {"key_hints", many}}}), Errc::invalid, "keys");
  expect_refused(added.when(ChangeEntry{{{"colour", "red"}}}), Errc::invalid, "colour");
  expect_refused(added.when(ChangeEntry{{{"priority", "high"}}}), Errc::invalid);
}

TEST(CatalogueDecider, NamesTheFieldOfABadPersonality) {
  const Personalities added({EntryAdded<Personality>{"AbCdEfGhIjKl", personality()}});
  const std::pair<const char*, Json> bad[] = {
      {"name", "echo"},
      {"prompt", ""},
      {"prompt", "\xff"},
      {"prompt", std::string(defaults::kMaxQuestionLength + 1, 'p')},
      {"description", std::string(defaults::kMaxDescriptionLength + 1, 'd')},
      {"temperature", 2.5},
      {"max_tokens", 0},
  };
  for (const auto& [field, value] : bad)
    expect_refused(added.when(ChangeEntry{{{field, value}}}), Errc::invalid, field);
  EXPECT_EQ(only<EntryChanged<Personality>>(added.when(ChangeEntry{{{"temperature", 0.5}}})).entry.temperature, 0.5);
}

TEST(CatalogueDecider, ItsEventsAndStatesComeBackFromTheLog) {
  for (const ProviderEvent& event : {ProviderEvent(kAdded), ProviderEvent(ProviderChanged{provider("other")}),
                                     ProviderEvent(ProviderRemoved{"main"})}) {
    const auto back = decode<ProviderEvent>(encode(event));
    ASSERT_TRUE(back);
    EXPECT_EQ(encode(*back), encode(event));
  }
  const auto state = Json(Providers({kAdded}).state).get<ProviderDecider::State>();
  EXPECT_EQ(state.entry.name, "main");
  EXPECT_EQ(Json(personality()).get<Personality>().prompt, personality().prompt);
}

TEST(BaseUrl, IsHttpAndNotTheMachinesOwnMetadata) {
  for (const char* good : {"https://api.openai.com/v1", "http://10.0.0.7:8080", "http://[2001:db8::1]:8000/v1",
                           "http://127.0.0.1:11434", "https://models.example.org"})
    EXPECT_TRUE(check_base_url(good)) << good;
  for (const char* bad :
       {"", "models.example.org", "ftp://models.example.org", "file:///etc/passwd", "https://", "http://a b/",
        "http://user:secret@models.example.org", "https://models.example.org/v1?key=1", "https://models.example.org/#x",
        "http://169.254.169.254/latest", "http://0xA9FEA9FE/", "http://2852039166/", "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/", "http://[fd00:ec2::254]/", "http://metadata.google.internal/",
        "http://METADATA.google.internal./", "http://100.100.100.200/", "http://224.0.0.1/"}) {
    const auto checked = check_base_url(bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().field, "base_url") << bad;
  }
  EXPECT_FALSE(check_base_url("https://a.example/" + std::string(defaults::kMaxBaseUrlLength, 'x')));
}

TEST(BaseUrl, KnowsWhatIsNearByAllItsNames) {
  for (const char* own :
       {"http://localhost:1234", "http://LOCALHOST./", "http://models.localhost/", "http://127.9.9.9/",
        "http://0x7f.1/", "http://2130706433/", "http://[::1]:80/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/",
        "http://[::]/", "http://10.0.0.1/", "http://[fd12::1]/v1"})
    EXPECT_TRUE(is_near(own)) << own;
  for (const char* other :
       {"http://93.184.216.34/", "http://[2001:4860::1]/", "https://localhost.example.org/", "nonsense"})
    EXPECT_FALSE(is_near(other)) << other;
}

TEST(ProviderKeys, AreSealedAndOnlyHintedAt) {
  const storage::test::TempFolder folder;
  const auto secrets = *Secrets::open(folder.path());
  Provider made = provider();
  ASSERT_TRUE(set_keys(made, {"sk-0123456789abcdef", "short-key"}, secrets));
  EXPECT_EQ(made.key_hints, (std::vector<std::string>{"cdef", ""})) << "of a short one nothing is told";
  EXPECT_EQ(Json(made).dump().find("0123456789"), std::string::npos);
  EXPECT_EQ(*secrets.unseal(made.sealed_keys[0]), "sk-0123456789abcdef");
  for (const auto& bad : {std::string(), std::string("two words"), std::string("line\nbreak"),
                          std::string(defaults::kMaxProviderKeyLength + 1, 'k')})
    EXPECT_FALSE(set_keys(made, {bad}, secrets));
  EXPECT_FALSE(set_keys(made, std::vector<std::string>(defaults::kMaxKeysPerProvider + 1, "k"), secrets));
}

TEST(Personalities, TheLatestToBeMadeTheDefaultIsIt) {
  const auto row = [](const char* id, Micros since) {
    projections::PersonalityRow made;
    made.id = id;
    made.entry.default_since = since;
    return made;
  };
  EXPECT_EQ(projections::default_of({}), "");
  EXPECT_EQ(projections::default_of({row("a", 0), row("b", 0)}), "");
  EXPECT_EQ(projections::default_of({row("a", 5), row("b", 9), row("c", 0)}), "b");
}

}  // namespace
}  // namespace troupe::actors
