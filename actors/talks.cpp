#include "actors/talks.hpp"

#include <algorithm>
#include <random>

#include "actors/rules.hpp"
#include "events/codec.hpp"
#include "projections/catalogue_queries.hpp"

namespace troupe::actors {
namespace {

using events::BotSettings;
using storage::RecordPtr;

/// How often the contacts and the session of a talk are looked for again, where somebody else makes them meanwhile.
constexpr int kMaxOpenings = 5;

/// Messages with one key wait for the same contacts and the same session.
std::string key_of(const Speaker& speaker) {
  return speaker.platform + (speaker.in_group ? "/group/" + speaker.group : "") + "/user/" + speaker.user;
}

HeardMessage as_heard(const Incoming& message) {
  const Speaker& speaker = message.speaker;
  return {speaker.in_group, speaker.user, speaker.group, message.text, message.to_the_bot};
}

template <class Event>
std::optional<Event> first_in(const events::Record& record) {
  for (const auto& stored : record.events)
    if (stored.type == Event::type)
      if (auto event = events::decode_as<Event>(stored)) return std::move(*event);
  return std::nullopt;
}

Cause of_the_platform(const Speaker& speaker) { return {"platform/" + speaker.platform, {}, now_micros(), {}}; }

/// A message with an id is heard once.
Cause cause_of(const Incoming& message, const Secrets& secrets) {
  Cause cause = of_the_platform(message.speaker);
  if (!message.message_id.empty())
    cause.idempotency = storage::IdempotencyKey{
        "heard/" + secrets.keyed_digest(key_of(message.speaker) + "/" + message.message_id), {}};
  return cause;
}

/// From 0 up to 1.
double rolled() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(random);
}

std::optional<SpokenCommand> spoken_in(BotSettings settings, const Incoming& message) {
  if (!message.command_prefix.empty()) settings.command_prefix = message.command_prefix;
  return command_in(settings, message.text);
}

}  // namespace

Talks::Talks(House house) : house_(std::move(house)), sessions_(house_.store), contacts_(house_.store) {}

void Talks::hear(Incoming message, std::function<void(Expected<void>)> answer) {
  if (!answer) answer = [](const Expected<void>&) {};
  if (message.text.empty() || !is_utf8(message.text))
    return answer(fail(Errc::invalid, "text must be UTF-8 and not empty", "text"));
  if (length_in_characters(message.text) > defaults::kMaxQuestionLength)
    return answer(fail(Errc::invalid,
                       "text must have at most " + std::to_string(defaults::kMaxQuestionLength) + " characters",
                       "text"));
  auto heard = std::make_shared<Heard>(Heard{std::move(message), std::move(answer)});
  const bool taken = house_.elsewhere([this, heard] {
    if (ending_) return heard->answer(fail(Errc::shutting_down, "the server is ending"));
    const auto settings = projections::bot_settings(house_.store);
    const std::string key = key_of(heard->message.speaker);
    {
      const std::lock_guard lock(mutex_);
      if (const auto at = opening_.find(key); at != opening_.end()) return at->second.push_back(std::move(*heard));
    }
    const auto place = place_of(heard->message.speaker, settings);
    if (place.session) return take(*heard, place, settings);
    const Speaker speaker = heard->message.speaker;
    {
      const std::lock_guard lock(mutex_);
      opening_[key].push_back(std::move(*heard));
    }
    open(key, speaker, 0);
  });
  if (!taken) heard->answer(fail(Errc::overloaded, "too many messages wait to be heard"));
}

bool Talks::has_heard(const Incoming& message) const {
  return is_repeat(house_.store, cause_of(message, house_.secrets));
}

Talks::Place Talks::place_of(const Speaker& speaker, const BotSettings& settings) const {
  Place place;
  place.author = contacts_.find(speaker.platform, false, speaker.user);
  place.owner = speaker.in_group ? contacts_.find(speaker.platform, true, speaker.group) : place.author;
  if (!place.author || !place.owner) return place;
  place.name = std::to_string(*place.owner);
  if (speaker.in_group && settings.conversations.one_for_each_user) place.name += "/" + std::to_string(*place.author);
  place.session = sessions_.talk_named(place.name);
  return place;
}

void Talks::meet(const Speaker& speaker, bool group, RecordAnswer then) {
  MeetContact contact{0, speaker.platform, group, group ? speaker.group : speaker.user,
                      group ? speaker.group_name : speaker.user_name};
  house_.meet_contact(std::move(contact), of_the_platform(speaker), std::move(then));
}

/// Makes what is missing, one thing after the other, until the talk is there.
void Talks::open(std::string key, Speaker speaker, int attempts) {
  const auto again = [this, key, speaker, attempts](const Expected<RecordPtr>& result) {
    // Somebody else made it: it is there now.
    if (!result && result.error().code != Errc::conflict) return opened(key, result.error());
    if (attempts >= kMaxOpenings) return opened(key, Error{Errc::overloaded, "the conversation cannot be opened"});
    const bool taken = house_.elsewhere([this, key, speaker, attempts] { open(key, speaker, attempts + 1); });
    if (!taken) opened(key, Error{Errc::overloaded, "too many messages wait to be heard"});
  };
  const auto place = place_of(speaker, projections::bot_settings(house_.store));
  if (!place.author) return meet(speaker, false, again);
  if (!place.owner) return meet(speaker, true, again);
  if (place.session) return opened(key, std::nullopt);
  CreateSession talk;
  talk.kind = events::kTalkSession;
  talk.owner = *place.owner;
  talk.name = place.name;
  house_.conversations.create(std::move(talk), {}, of_the_platform(speaker), again);
}

void Talks::opened(const std::string& key, const std::optional<Error>& error) {
  const auto take_all = [this, key, error] {
    const auto settings = projections::bot_settings(house_.store);
    for (;;) {
      Opening waiting;
      {
        const std::lock_guard lock(mutex_);
        const auto at = opening_.find(key);
        if (at == opening_.end()) return;
        waiting.swap(at->second);
        if (waiting.empty()) {
          opening_.erase(at);
          return;
        }
      }
      for (const Heard& heard : waiting) {
        if (error) {
          heard.answer(tl::unexpected(*error));
          continue;
        }
        const auto place = place_of(heard.message.speaker, settings);
        if (place.session)
          take(heard, place, settings);
        else
          heard.answer(fail(Errc::overloaded, "the conversation is being opened; try again"));
      }
    }
  };
  if (!house_.elsewhere(take_all)) take_all();
}

Expected<Talks::Judged> Talks::judged(const Incoming& message, AccountId author, const BotSettings& settings) {
  Judged judged;
  Hear& hear = judged.hear;
  const auto spoken = spoken_in(settings, message);
  const auto command = spoken ? house_.commands.find(spoken->name) : nullptr;
  if (spoken)
    judged.call = {
        spoken->arguments, message.speaker,
        is_administrator(settings, message.speaker.platform, message.speaker.platform_type, message.speaker.user)};
  hear.verdict = judge(settings, as_heard(message), command != nullptr, rolled());
  auto sealed = house_.secrets.seal_for(author, message.text);
  if (!sealed) return tl::unexpected(sealed.error());
  hear.author = author;
  hear.sealed_text = std::move(*sealed);
  hear.foreign_id = message.message_id.substr(0, defaults::kMaxForeignIdLength);
  hear.rate = settings.rate;
  if (hear.verdict.step == Step::command) {
    hear.command = command->name;
    hear.plugin = command->plugin;
  }
  if (hear.verdict.step == Step::model) {
    hear.tokens = llm::estimated_tokens(hear.verdict.text);
    const auto at = message.text.find(hear.verdict.text);
    hear.prefix_bytes = at == std::string::npos ? 0 : static_cast<std::int64_t>(at);
    auto question = question_of(author, settings);
    if (!question) return tl::unexpected(question.error());
    hear.question = std::move(*question);
  }
  return judged;
}

/// By the default personality, where there is one.
Expected<Question> Talks::question_of(AccountId author, const BotSettings& settings) const {
  Question question;
  question.tools = settings.tools.enabled;
  const auto personality = projections::default_personality(house_.store);
  if (!personality) return question;
  const events::Personality& it = personality->entry;
  question.provider = it.provider;
  question.model = it.model;
  question.temperature = it.temperature;
  question.max_tokens = it.max_tokens;
  if (it.prompt.empty()) return question;
  auto sealed = house_.secrets.seal_for(author, it.prompt);
  if (!sealed) return tl::unexpected(sealed.error());
  question.sealed_system_prompt = std::move(*sealed);
  return question;
}

void Talks::take(const Heard& heard, const Place& place, const BotSettings& settings) {
  Cause cause = cause_of(heard.message, house_.secrets);
  Heard one = heard;
  if (cause.idempotency) {
    // Who brings one message twice at once must not have it heard twice: neither by plugins nor by a command.
    const std::string key = cause.idempotency->key;
    {
      const std::lock_guard lock(mutex_);
      if (!being_heard_.insert(key).second) return heard.answer(fail(Errc::overloaded, "the message is being heard"));
    }
    one.answer = [this, key, answer = heard.answer](Expected<void> result) {
      {
        const std::lock_guard lock(mutex_);
        being_heard_.erase(key);
      }
      answer(std::move(result));
    };
  }
  if (is_repeat(house_.store, cause)) return one.answer({});
  const bool in_group = one.message.speaker.in_group;
  const auto laid =
      in_group ? house_.groups.settings_for(settings, *place.owner, one.message.speaker.group) : std::nullopt;
  auto judged = this->judged(one.message, *place.author, laid ? *laid : settings);
  if (!judged) return one.answer(tl::unexpected(judged.error()));
  if (in_group) judged->hear.group = *place.owner;
  const Step step = judged->hear.verdict.step;
  if (!listener_ || step == Step::lists || step == Step::safety)
    return post(one, *place.session, std::move(*judged), std::move(cause), std::nullopt);
  listener_(one.message,
            [this, one, session = *place.session, judged = std::move(*judged), cause = std::move(cause)](
                std::optional<Handled> handled) { post(one, session, judged, cause, std::move(handled)); });
}

void Talks::post(const Heard& heard, SessionId session, Judged judged, Cause cause, std::optional<Handled> handled) {
  Hear& hear = judged.hear;
  if (handled) {
    hear.verdict = {Step::command, "plugin", {}};
    hear.command = kHandledByPlugin;
    hear.plugin = handled->plugin;
    hear.question.reset();
    hear.prefix_bytes = 0;
  }
  auto settle_use = house_.groups.hold_to_limits(hear, cause.now);
  house_.conversations.ask_session(
      session, std::move(hear), std::move(cause),
      [this, answer = heard.answer, session, call = std::move(judged.call), handled = std::move(handled),
       settle_use = std::move(settle_use)](Expected<RecordPtr> result) {
        if (settle_use) settle_use(result);
        if (!result) return answer(tl::unexpected(result.error()));
        answer({});
        follow(**result, session, call, handled);
      });
}

void Talks::follow(const events::Record& record, SessionId session, const std::optional<CommandCall>& call,
                   const std::optional<Handled>& handled) {
  if (const auto called = first_in<events::CommandCalled>(record)) return run_command(session, *called, call, handled);
  if (const auto stopped = first_in<events::MessageStopped>(record); stopped && stopped->answer_number != 0)
    return send(session, stopped->answer_number);
  if (const auto asked = first_in<events::QuestionAsked>(record))
    house_.conversations.answer({session, asked->number}, [this, session](const Expected<Outcome>& outcome) {
      if (outcome) send(session, outcome->answer_number);
    });
}

void Talks::run_command(SessionId session, const events::CommandCalled& called, const std::optional<CommandCall>& call,
                        const std::optional<Handled>& handled) {
  {
    // Who brings one message twice at once gets the first one's record twice.
    const std::lock_guard lock(mutex_);
    if (!running_.insert({session, called.number}).second) return;
  }
  const auto command = handled ? nullptr : house_.commands.find(called.name);
  const bool is_secret = command && command->secret_reply;
  const auto began = std::chrono::steady_clock::now();
  const auto settle = [this, session, called, began, is_secret](Expected<std::string> said) {
    const auto asked = [this, session, number = called.number](Expected<RecordPtr> result) {
      {
        const std::lock_guard lock(mutex_);
        running_.erase({session, number});
      }
      if (!result) return;
      if (const auto said = first_in<events::MessagePosted>(**result)) send(session, said->number);
    };
    const auto fail_with = [&](std::string reason) {
      const auto apology = sealed_apology(house_.secrets, called.caller, reason);
      house_.conversations.bring(session, FailCommand{called.number, std::move(reason), apology}, asked);
    };
    if (!said) return fail_with(said.error().message);
    std::string sealed;
    if (!said->empty()) {
      auto text = house_.secrets.seal_for(called.caller, *said);
      if (!text) return fail_with(text.error().message);
      sealed = std::move(*text);
    }
    const Micros took =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began).count();
    house_.conversations.bring(session, AnswerCommand{called.number, std::move(sealed), took, is_secret}, asked);
  };
  if (handled) return settle(handled->reply);
  if (!call || !command) return settle(fail(Errc::not_found, "the command is gone"));
  if (command->for_admins && !call->by_admin) return settle("Only an administrator of the bots may use this command.");
  command->run(*call, settle);
}

void Talks::say(Outgoing text, SendAnswer answer) {
  if (ending_ || !sender_) return answer(fail(Errc::overloaded, "no platform is connected"));
  sender_(std::move(text), std::move(answer));
}

void Talks::send(SessionId session, std::int64_t number) {
  const bool taken = house_.elsewhere([this, session, number] {
    if (ending_ || !sender_) return;
    const auto talk = sessions_.session(session);
    const auto answer = sessions_.message(session, number);
    if (!talk || !answer || answer->delivery != "waiting") return;
    {
      const std::lock_guard lock(mutex_);
      if (!sending_.insert({session, number}).second) return;
    }
    const auto contact = contacts_.contact(talk->owner);
    const auto text = house_.secrets.unseal_for(answer->key_of, answer->sealed_text);
    if (!contact || !text) return report(session, {number, false, {}, "the one it was for is forgotten"});
    const auto question = sessions_.message(session, answer->reply_to);
    const auto settings = projections::bot_settings(house_.store);
    sender_({contact->platform, contact->is_group, contact->foreign_id, decorated(settings, *text),
             question ? question->foreign_id : std::string()},
            [this, session, number, since = answer->created_at](Expected<std::string> sent) {
              if (sent) return report(session, {number, true, std::move(*sent), {}});
              const bool in_time = now_micros() - since < to_micros(defaults::kReplyPatience);
              if (sent.error().code != Errc::overloaded || !in_time)
                return report(session, {number, false, {}, sent.error().message});
              const std::lock_guard lock(mutex_);
              sending_.erase({session, number});  // the next tick takes it up
            });
  });
  (void)taken;  // else the next tick takes it up
}

void Talks::report(SessionId session, ReportReply outcome) {
  const auto number = outcome.number;
  const auto message = sessions_.message(session, number);
  outcome.take_back = message && message->status == projections::kSecret;
  house_.conversations.bring(session, std::move(outcome), [this, session, number](const Expected<RecordPtr>& result) {
    // One whose outcome is not durable is sent again after a restart, not before.
    if (!result) return;
    const std::lock_guard lock(mutex_);
    sending_.erase({session, number});
  });
}

void Talks::settle_interrupted() {
  for (const auto& [session, number] : sessions_.open_commands()) {
    const std::string reason = "the server ended before the command was done";
    const auto message = sessions_.message(session, number);
    const auto apology = message ? sealed_apology(house_.secrets, message->author, reason) : std::string();
    house_.conversations.bring(session, FailCommand{number, reason, apology}, [](const Expected<RecordPtr>&) {});
  }
}

void Talks::tick() {
  if (ending_) return;
  const auto unsent = sessions_.unsent_replies(last_unsent_, defaults::kMaxUnsentAtOnce);
  // So that those of one platform that is away do not hold up all others.
  last_unsent_ = unsent.size() < defaults::kMaxUnsentAtOnce ? decltype(last_unsent_){} : unsent.back();
  for (const auto& [session, number] : unsent) {
    {
      const std::lock_guard lock(mutex_);
      if (sending_.contains({session, number})) continue;
    }
    send(session, number);
  }
}

}  // namespace troupe::actors
