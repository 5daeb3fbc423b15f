// What is personal, as it lies on the disk: sealed before it is written, unreadable once its key is gone.
#include "events/codec.hpp"
#include "storage/personal_fields.hpp"
#include "tests/storage/store_fixture.hpp"

namespace troupe::storage {
namespace {

using namespace test;

constexpr events::AccountId kAda = 7;
constexpr TableId kPeople = 1;

std::string map_of(const Json& fields) { return events::to_cbor(fields); }

class PersonalTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    ASSERT_TRUE(store->secrets().personal_keys().make(kAda));
  }

  static Append of_ada(const std::string& name) {
    Append append;
    append.stream = "people/7";
    append.owner = kAda;
    append.events = {{"Named", 1, map_of({{"n", 1}}), map_of({{"name", name}})}};
    append.rows = {{kPeople, RowChange::Kind::put, "ada", map_of({{"age", 36}}), 0,
                    map_of({{"name", name}, {"notes", {{"a", name}}}})}};
    return append;
  }

  void forget() { ASSERT_TRUE(store->secrets().personal_keys().forget(kAda)); }

  Json row() const {
    auto fields = events::from_cbor(store->row(kPeople, "ada").value_or("")).value_or(nullptr);
    EXPECT_TRUE(open_fields(fields, store->secrets()));
    return fields;
  }

  Json fields_of_last_event() { return events::fields_of(records().back().events.back()).value_or(nullptr); }
};

TEST_F(PersonalTest, EventsAndRowsComeBackWhole) {
  const Record appended = must_append(of_ada("Ada Lovelace"));
  EXPECT_EQ(records().back(), appended);
  EXPECT_EQ(fields_of_last_event(), (Json{{"n", 1}, {"name", "Ada Lovelace"}}));
  EXPECT_EQ(row(), (Json{{"age", 36}, {"name", "Ada Lovelace"}, {"notes", {{"a", "Ada Lovelace"}}}}));
}

TEST_F(PersonalTest, APatchReplacesSealedFieldsAndLeavesTheOthers) {
  must_append(of_ada("Ada Lovelace"));
  Append change = of_ada("Ada King");
  change.rows = {{kPeople, RowChange::Kind::patch, "ada", map_of({{"age", 37}}), 0, map_of({{"name", "Ada King"}})}};
  must_append(change);
  EXPECT_EQ(row(), (Json{{"age", 37}, {"name", "Ada King"}, {"notes", {{"a", "Ada Lovelace"}}}}));
}

TEST_F(PersonalTest, NothingPersonalIsEverOnTheDisk) {
  Append append = of_ada("Ada Lovelace");
  append.events[0].payload = map_of({{"n", "a plain text"}});
  append.claims = {{Claim::Kind::take, "username/ada-lovelace"}};
  must_append(append);
  store->save_snapshot("people/7", {1, 1, "the state of Ada Lovelace", kAda});
  must_append(append_to("others/1"));
  EXPECT_EQ(store->snapshot("people/7")->state, "the state of Ada Lovelace");
  EXPECT_TRUE(folder.holds("a plain text")) << "or this looks at nothing";
  EXPECT_FALSE(folder.holds("Ada Lovelace"));
  EXPECT_FALSE(folder.holds("ada-lovelace"));
  open();  // from the write-ahead log into tables
  EXPECT_FALSE(folder.holds("Ada Lovelace"));
  EXPECT_FALSE(folder.holds("ada-lovelace"));
  EXPECT_EQ(store->claim_holder("username/ada-lovelace"), "people/7");
}

TEST_F(PersonalTest, WithoutItsKeyWhatIsPersonalIsGoneAndTheRestIsThere) {
  must_append(of_ada("Ada Lovelace"));
  store->save_snapshot("people/7", {1, 1, "the state of Ada Lovelace", kAda});
  must_append(append_to("others/1"));
  forget();
  const Record record = records().front();
  EXPECT_TRUE(record.erased);
  EXPECT_EQ(events::fields_of(record.events.front()).value_or(nullptr), (Json{{"n", 1}}));
  EXPECT_EQ(row(), (Json{{"age", 36}}));
  EXPECT_FALSE(store->snapshot("people/7"));
  EXPECT_TRUE(store->healthy()) << "what was erased is not damage";
}

TEST_F(PersonalTest, NothingPersonalIsTakenForAnErasedAccountOrForNobody) {
  forget();
  EXPECT_EQ(refusal_of(of_ada("Ada Lovelace")), Errc::not_found);
  Append nobodys = of_ada("Ada Lovelace");
  nobodys.owner = 0;
  EXPECT_EQ(refusal_of(nobodys), Errc::invalid);
  Append plain = of_ada("nobody");
  plain.events[0].personal.clear();
  plain.rows[0].personal.clear();
  must_append(plain);
}

TEST_F(PersonalTest, ARebuildAfterAnErasureLeavesOutWhatIsGone) {
  must_append(of_ada("Ada Lovelace"));
  ASSERT_TRUE(store->secrets().personal_keys().make(8));
  Append other = of_ada("Bob");
  other.owner = 8;
  other.stream = "people/8";
  must_append(other);
  forget();
  open();
  const auto rows_of = [](const Record& record) -> Expected<std::vector<RowChange>> {
    auto fields = events::fields_of(record.events.front());
    if (!fields) return tl::unexpected(fields.error());
    return std::vector<RowChange>{{kPeople, RowChange::Kind::put, record.stream, map_of({{"n", 1}}), 0,
                                   map_of({{"name", fields->value("name", "nobody any more")}})}};
  };
  ASSERT_TRUE(store->rebuild(rows_of, {{"people", 2}}, {}));
  const auto rebuilt = [&](const char* key) {
    Json fields = events::from_cbor(store->row(kPeople, key).value_or("")).value_or(nullptr);
    EXPECT_TRUE(open_fields(fields, store->secrets()));
    return fields;
  };
  EXPECT_EQ(rebuilt("people/7"), (Json{{"n", 1}}));
  EXPECT_EQ(rebuilt("people/8"), (Json{{"n", 1}, {"name", "Bob"}}));
  EXPECT_TRUE(store->healthy());
}

TEST_F(PersonalTest, ASealedFieldThatWasAlteredIsDamage) {
  must_append(of_ada("Ada Lovelace"));
  Json fields = events::from_cbor(store->row(kPeople, "ada").value_or("")).value_or(nullptr);
  ASSERT_TRUE(fields["name"].is_binary());
  fields["name"].get_binary().back() ^= 1;
  const auto opened = open_fields(fields, store->secrets());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::corrupt);
}

TEST_F(PersonalTest, AFolderThatLostItsAccountsKeysIsNotOpened) {
  store.reset();
  ASSERT_TRUE(std::filesystem::remove(folder.path() / "personal-keys"));
  const auto opened = Store::open({folder.path()});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::not_found) << "a new file of keys would make every account look erased";
}

}  // namespace
}  // namespace troupe::storage
