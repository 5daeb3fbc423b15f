#include "actors/conversations.hpp"

#include <algorithm>
#include <set>

#include "actors/channel_context.hpp"
#include "actors/files/plain_text.hpp"
#include "actors/rules.hpp"
#include "events/codec.hpp"
#include "projections/catalogue_queries.hpp"

namespace troupe::actors {
namespace {

using projections::MessageRow;
using projections::QuestionRow;
using storage::RecordPtr;

bool is_busy(const Expected<RecordPtr>& result) { return !result && result.error().code == Errc::overloaded; }

/// Refused before anything is on its way. True when `result` holds something.
template <class T>
bool good_or_refused(const Expected<T>& result, const RecordAnswer& answer) {
  if (!result) answer(tl::unexpected(result.error()));
  return result.has_value();
}

/// As the asker and the log of events are told. A provider's own words are in no error (actors/llm/failure.hpp).
Error in_words(const Error& error) {
  switch (error.code) {
    case Errc::timed_out: return {error.code, "the model did not answer in time"};
    case Errc::overloaded: return {error.code, "too many questions wait for the model"};
    case Errc::cancelled: return {error.code, "nobody waited for the answer any more"};
    default: return error;
  }
}

llm::ChatRequest bare_request(const QuestionRow& question) {
  llm::ChatRequest request;
  request.provider = question.provider;
  request.model = question.model;
  request.temperature = question.temperature;
  request.max_tokens = question.max_tokens;
  return request;
}

/// At the end of the system prompt, or as one.
void add_to_prompt(llm::ChatRequest& request, const std::string& known) {
  if (known.empty()) return;
  if (request.messages.front().role == "system")
    request.messages.front().content += "\n\n" + known;
  else
    request.messages.insert(request.messages.begin(), {"system", known, {}, {}});
}

}  // namespace

std::string sealed_apology(const Secrets& secrets, AccountId asker, std::string_view reason) {
  return secrets.seal_for(asker, "Sorry, that did not work: " + std::string(reason) + ".").value_or("");
}

Conversations::Conversations(storage::Store& store, const Secrets& secrets, const Files& files, llm::Models& models,
                             Tools& tools, AskSession ask_session, Elsewhere elsewhere)
    : store_(store),
      secrets_(secrets),
      queries_(store),
      contacts_(store),
      files_(files),
      accounts_(store),
      models_(models),
      tools_(tools),
      ask_session_(std::move(ask_session)),
      elsewhere_(std::move(elsewhere)),
      last_session_(queries_.last_session_id()) {}

void Conversations::create(CreateSession command, const std::string& title, Cause cause, RecordAnswer answer) {
  if (command.kind == events::kChannelSession && !is_repeat(store_, cause) &&
      queries_.channel_count(command.owner) >= static_cast<std::int64_t>(defaults::kMaxChannelsPerAccount))
    return answer(fail(Errc::conflict,
                       "an account owns at most " + std::to_string(defaults::kMaxChannelsPerAccount) + " channels"));
  if (!title.empty()) {
    auto sealed = secrets_.seal_for(command.owner, title);
    if (!good_or_refused(sealed, answer)) return;
    command.sealed_title = std::move(*sealed);
  }
  command.id = ++last_session_;
  const SessionId id = command.id;
  ask_session(id, std::move(command), std::move(cause), std::move(answer));
}

void Conversations::post(SessionId id, PostMessage message, const std::string& text, Cause cause, RecordAnswer answer) {
  auto sealed = secrets_.seal_for(message.author, text);
  if (!good_or_refused(sealed, answer)) return;
  message.sealed_text = std::move(*sealed);
  message.length = length_in_characters(text);
  ask_session(id, std::move(message), std::move(cause), std::move(answer));
}

void Conversations::edit(SessionId id, EditMessage message, const std::string& text, Cause cause, RecordAnswer answer) {
  auto sealed = secrets_.seal_for(message.message.author, text);  // whoever edits it, it stays the author's
  if (!good_or_refused(sealed, answer)) return;
  message.sealed_text = std::move(*sealed);
  message.length = length_in_characters(text);
  ask_session(id, std::move(message), std::move(cause), std::move(answer));
}

/// The question, sealed, and what it asks of the model. Errors: as of `ask_model`.
Expected<PostMessage> Conversations::message_of(const AskModel& asked) const {
  Question question{asked.provider, asked.model, {}, asked.temperature, asked.max_tokens, asked.context, asked.tools};
  if (auto& context = question.context; context && context->channel != 0) {
    const auto channel = queries_.session(context->channel);
    if (!channel || channel->kind != events::kChannelSession || !queries_.is_member(context->channel, asked.asker))
      return fail(Errc::not_found, "No such channel", "channel_id");
    context->through = channel->messages;
  }
  if (!asked.system_prompt.empty()) {
    auto sealed = secrets_.seal_for(asked.asker, asked.system_prompt);
    if (!sealed) return tl::unexpected(sealed.error());
    question.sealed_system_prompt = std::move(*sealed);
  }
  auto sealed = secrets_.seal_for(asked.asker, asked.text);
  if (!sealed) return tl::unexpected(sealed.error());
  PostMessage message;
  message.author = asked.asker;
  message.sealed_text = std::move(*sealed);
  message.length = length_in_characters(asked.text);
  message.tokens = llm::estimated_tokens(asked.text);
  message.question = std::move(question);
  return message;
}

/// `question` is a command that posts it; one that begins a chat makes the session as well.
void Conversations::post_question(SessionId session, SessionDecider::Command question, std::function<bool()> gone,
                                  Cause cause, RecordAnswer on_asked, std::function<void(Expected<Outcome>)> settled) {
  ask_session(session, std::move(question), std::move(cause),
              [this, session, gone = std::move(gone), on_asked = std::move(on_asked),
               settled = std::move(settled)](Expected<RecordPtr> result) {
                if (!result) return on_asked(std::move(result));
                const auto message = message_in(**result);
                if (!message) return on_asked(fail(Errc::corrupt, "a question was stored that does not decode"));
                const QuestionId id{session, message->number};
                // Under way before its asker is told, who may look.
                note_under_way(id, settled, gone);
                on_asked(std::move(result));
                put_to_model(id);
              });
}

void Conversations::ask_model(AskModel asked, Cause cause, RecordAnswer on_asked,
                              std::function<void(Expected<Outcome>)> settled) {
  auto message = message_of(asked);
  if (!good_or_refused(message, on_asked)) return;
  post_question(asked.session, std::move(*message), std::move(asked.gone), std::move(cause), std::move(on_asked),
                std::move(settled));
}

void Conversations::begin_chat(AskModel asked, const std::string& title, Cause cause, RecordAnswer on_asked,
                               std::function<void(Expected<Outcome>)> settled) {
  auto message = message_of(asked);
  if (!good_or_refused(message, on_asked)) return;
  auto sealed_title = secrets_.seal_for(asked.asker, title);
  if (!good_or_refused(sealed_title, on_asked)) return;
  BeginChat begin;
  begin.session.id = ++last_session_;
  begin.session.kind = events::kChatSession;
  begin.session.owner = asked.asker;
  begin.session.sealed_title = std::move(*sealed_title);
  begin.question = std::move(*message);
  const SessionId session = begin.session.id;
  post_question(session, std::move(begin), std::move(asked.gone), std::move(cause), std::move(on_asked),
                std::move(settled));
}

/// False when it is under way already.
bool Conversations::note_under_way(const QuestionId& id, std::function<void(Expected<Outcome>)> settled,
                                   std::function<bool()> gone) {
  const std::lock_guard lock(mutex_);
  return under_way_.try_emplace(id, UnderWay{0, nullptr, std::move(gone), std::move(settled)}).second;
}

void Conversations::answer(const QuestionId& id, std::function<void(Expected<Outcome>)> settled,
                           std::function<bool()> gone) {
  if (note_under_way(id, std::move(settled), std::move(gone))) put_to_model(id);
}

void Conversations::find_assistant(AccountId account, Cause cause, std::function<void(Expected<SessionId>)> answer) {
  if (const auto id = queries_.assistant_of(account)) return answer(*id);
  CreateSession command;
  command.kind = events::kAssistantSession;
  command.owner = account;
  create(std::move(command), {}, std::move(cause), [this, account, answer](Expected<RecordPtr> result) {
    if (result) return answer((*result)->number());
    const auto made_meanwhile = queries_.assistant_of(account);
    made_meanwhile ? answer(*made_meanwhile) : answer(tl::unexpected(result.error()));
  });
}

void Conversations::take_up_open_questions() {
  for (const auto& [session, number] : queries_.open_questions()) take_up({session, number});
}

void Conversations::take_up(const QuestionId& id) {
  const auto question = queries_.open_question(id.session, id.number);
  if (!question) return;
  AskAgain again{id.number, sealed_apology(secrets_, question->asker, kEndedTwice)};
  bring(id.session, std::move(again), [this, id](const Expected<RecordPtr>& result) {
    const bool once_more =
        result && !(*result)->events.empty() && (*result)->events.front().type == events::QuestionAskedAgain::type;
    if (!once_more) return;
    answer(id, {});
  });
}

/// Reading, unsealing and handing over happen on the worker; what the model says comes on the models' thread.
void Conversations::put_to_model(const QuestionId& id) {
  if (!elsewhere_([this, id] { ask_now(id); }))
    model_answered(id, 0, fail(Errc::overloaded, "too many questions wait for the model"));
}

void Conversations::ask_now(const QuestionId& id) {
  if (ending_) return;
  const auto question = queries_.open_question(id.session, id.number);
  if (!question) return model_answered(id, 0, fail(Errc::conflict, "the question is not open"));
  const AccountId asker = question->asker;
  auto request = request_for(id, *question);
  if (!request) return model_answered(id, asker, tl::unexpected(request.error()));
  const auto session = recall_ ? queries_.session(id.session) : std::nullopt;
  if (!session || session->kind != events::kTalkSession) return ask_knowing(id, *question, std::move(*request));
  Recall recall{asker, session->owner == asker ? 0 : session->owner, request->messages.back().content,
                request->own_provider != nullptr};
  recall_(std::move(recall),
          [this, id, question = *question, request = std::move(*request)](const std::string& known) mutable {
            add_to_prompt(request, known);
            ask_knowing(id, question, std::move(request));
          });
}

void Conversations::ask_knowing(const QuestionId& id, const QuestionRow& question, llm::ChatRequest request) {
  if (ending_) return;
  const AccountId asker = question.asker;
  if (question.tools) return ask_with_tools(id, asker, std::move(request));
  const auto ticket = models_.ask(
      std::move(request),
      [this, id](std::string_view delta) {
        for (const auto& observer : observers_) observer(id, delta);
      },
      [this, id, asker](Expected<llm::ChatAnswer> answer) { model_answered(id, asker, std::move(answer)); });
  // The answer may be there by now: then nobody can give it up any more.
  const std::lock_guard lock(mutex_);
  if (const auto at = under_way_.find(id); at != under_way_.end()) at->second.ticket = ticket;
}

void Conversations::ask_with_tools(const QuestionId& id, AccountId asker, llm::ChatRequest request) {
  const auto settings = projections::bot_settings(store_);
  auto context = tool_context(id, asker, settings);
  // Who runs a group's own provider decides what is called there, and is no administrator of the bots.
  context.for_group_provider = request.own_provider != nullptr;
  if (context.for_group_provider) context.by_admin = false;
  const auto loop =
      std::make_shared<ToolLoop>(models_, tools_, std::move(request), std::move(context), settings.tools.max_rounds);
  {
    const std::lock_guard lock(mutex_);
    const auto at = under_way_.find(id);
    if (at == under_way_.end()) return;
    at->second.loop = loop;
  }
  loop->start(
      [this, id](std::string_view delta) {
        for (const auto& observer : observers_) observer(id, delta);
      },
      [this, id, asker](Expected<llm::ChatAnswer> answer) { model_answered(id, asker, std::move(answer)); });
}

/// A contact is an administrator when the bots' settings name it, an account when it is one of the house.
ToolContext Conversations::tool_context(const QuestionId& id, AccountId asker,
                                        const events::BotSettings& settings) const {
  ToolContext context{asker};
  context.session = id.session;
  context.number = id.number;
  context.through = "model";
  if (const auto contact = contacts_.contact(asker)) {
    const auto talk = queries_.session(id.session);
    if (talk && talk->owner != asker) context.group = talk->owner;
    const auto platform = projections::PlatformQueries(store_).entry(contact->platform);
    context.by_admin =
        is_administrator(settings, contact->platform, platform ? platform->entry.type : "", contact->foreign_id);
  } else if (const auto account = accounts_.account(asker)) {
    context.by_admin = account->active && account->role == "admin";
  }
  return context;
}

/// The session's newest messages up to the question, oldest first, as many as fit, behind the system prompt. What is
/// told begins with something that a person said, as some models insist on. Errors: not_found (the question is gone).
Expected<llm::ChatRequest> Conversations::request_for(const QuestionId& id, const QuestionRow& question) const {
  if (question.context) return standing_alone(id, question);
  llm::ChatRequest request = bare_request(question);
  const auto session = queries_.session(id.session);
  const bool is_talk = session && session->kind == events::kTalkSession;
  const auto most = is_talk ? static_cast<std::size_t>(projections::bot_settings(store_).conversations.max_messages)
                            : defaults::kMaxContextMessages;
  std::size_t bytes = 0;
  for (const MessageRow& row : queries_.messages_before(id.session, id.number + 1, most)) {
    const bool is_question = row.number == id.number;
    if (row.deleted_at != 0 || (row.status != "complete" && !is_question)) continue;
    auto text = secrets_.unseal_for(row.key_of, row.sealed_text);
    if (!text) continue;
    if (request.messages.empty() && !is_question) break;
    if (is_talk) *text = told_in_talk(row, *text, *session);
    bytes += text->size();
    if (bytes > defaults::kMaxContextBytes && !request.messages.empty()) break;
    request.messages.push_back({row.role, std::move(*text), {}, {}});
  }
  while (!request.messages.empty() && request.messages.back().role == "assistant") request.messages.pop_back();
  if (request.messages.empty()) return fail(Errc::not_found, "the question was taken back");
  std::string sealed_prompt = question.sealed_system_prompt;
  if (sealed_prompt.empty() && session) sealed_prompt = session->sealed_system_prompt;
  if (!sealed_prompt.empty())
    if (auto prompt = secrets_.unseal_for(question.asker, sealed_prompt))
      request.messages.push_back({"system", std::move(*prompt), {}, {}});
  std::reverse(request.messages.begin(), request.messages.end());
  if (is_talk && tailor_) tailor_(session->owner, request);
  return request;
}

/// Without the prefix that woke the bot; in a group, with the name of who said it.
std::string Conversations::told_in_talk(const MessageRow& row, const std::string& text,
                                        const projections::SessionRow& talk) const {
  std::string told = text.substr(std::min<std::size_t>(static_cast<std::size_t>(row.prefix_bytes), text.size()));
  if (row.role != "user" || talk.owner == row.author) return told;
  const auto author = contacts_.contact(row.author);
  return author && !author->name.empty() ? author->name + ": " + told : told;
}

/// The question and its context, behind the assistant's prompt. Errors: as of `request_for`.
Expected<llm::ChatRequest> Conversations::standing_alone(const QuestionId& id, const QuestionRow& question) const {
  const auto row = queries_.message(id.session, id.number);
  auto text = row ? secrets_.unseal_for(row->key_of, row->sealed_text) : fail(Errc::not_found, "no such message");
  if (!text || text->empty()) return fail(Errc::not_found, "the question was taken back");
  llm::ChatRequest request = bare_request(question);
  request.messages.push_back({"system", std::string(kAssistantPrompt)});
  // Asked again after a restart, the asker may have left the channel.
  const auto& context = *question.context;
  if (context.channel != 0 && queries_.is_member(context.channel, question.asker))
    request.messages.push_back({"user", told_of(context, question.asker, row->created_at)});
  request.messages.push_back({"user", std::move(*text)});
  return request;
}

/// The channel's messages up to the question and, if they are asked for, its files: those that are attached, and those
/// that were only uploaded to it.
std::string Conversations::told_of(const events::QuestionContext& context, AccountId asker, Micros asked_at) const {
  ChannelContext told;
  std::map<AccountId, std::string> names;
  const auto name_of = [&](AccountId account) -> const std::string& {
    const auto [at, is_new] = names.try_emplace(account);
    if (const auto row = is_new ? accounts_.account(account) : std::nullopt) at->second = row->username;
    return at->second;
  };
  const auto rows = queries_.messages_before(context.channel, context.through + 1, defaults::kMaxContextMessages);
  std::set<FileId> attached;
  for (const MessageRow& row : rows) attached.insert(row.attachments.begin(), row.attachments.end());
  const auto files = context.files ? files_.queries().files_of_session(
                                         context.channel, projections::FileCursor{asked_at}, defaults::kMaxContextFiles)
                                   : std::vector<projections::FileRow>{};
  auto file = files.begin();
  // False when no more fits.
  const auto add_files_since = [&](Micros time) {
    for (; file != files.end() && file->uploaded_at >= time; ++file)
      if (!attached.contains(file->id) &&
          !told.add(
              {file->uploaded_at, name_of(file->uploader), "", {told_of_file(file->id, asker, told.room_for_files())}}))
        return false;
    return true;
  };
  bool fits = true;
  for (const MessageRow& row : rows) {
    if (row.created_at < context.since || !(fits = add_files_since(row.created_at))) break;
    if (row.deleted_at != 0) continue;
    auto text = secrets_.unseal_for(row.key_of, row.sealed_text);
    if (!text) continue;
    ContextMessage message{row.created_at, name_of(row.author), std::move(*text)};
    if (context.files) {
      std::size_t room = told.room_for_files();
      for (const auto& id : row.attachments) {
        message.files.push_back(told_of_file(id, asker, room));
        room -= message.files.back().text.size();
      }
    }
    if (!(fits = told.add(std::move(message)))) break;
  }
  if (fits) add_files_since(context.since);
  const auto channel = queries_.session(context.channel);
  return told.text(channel ? channel->name : "");
}

/// With at most `room` bytes of its text: what is not told is not read either.
ContextFile Conversations::told_of_file(const FileId& id, AccountId asker, std::size_t room) const {
  const auto row = files_.queries().file(id);
  const auto texts = row && files_.may_see(*row, asker) ? files_.texts(*row) : std::nullopt;
  if (!texts) return {id};
  if (room == 0) return {texts->name, row->content_type, texts->description, {}, is_text(row->content_type)};
  auto [text, is_cut] = files_.text(*row, std::min(room, defaults::kMaxContextFileBytes));
  return {texts->name, row->content_type, texts->description, std::move(text), is_cut};
}

std::optional<Conversations::UnderWay> Conversations::take(const QuestionId& id) {
  const std::lock_guard lock(mutex_);
  auto node = under_way_.extract(id);
  if (node.empty()) return std::nullopt;
  return std::move(node.mapped());
}

void Conversations::model_answered(const QuestionId& id, AccountId asker, Expected<llm::ChatAnswer> answer) {
  if (!answer && ending_) return;  // still open: asked again at the next start
  auto under_way = take(id);
  auto settled = under_way ? std::move(under_way->settled) : nullptr;
  const auto failed = [&](const Error& error) {
    const Error told = in_words(error);
    const auto question = asker == 0 ? queries_.open_question(id.session, id.number) : std::nullopt;
    const auto apology = sealed_apology(secrets_, question ? question->asker : asker, told.message);
    settle(id, FailQuestion{id.number, told.message, apology}, std::move(settled), tl::unexpected(told));
  };
  if (!answer) return failed(answer.error());
  auto sealed = secrets_.seal_for(asker, answer->text);
  if (!sealed) return failed(sealed.error());
  AnswerQuestion outcome{id.number,
                         std::move(*sealed),
                         answer->provider,
                         answer->model,
                         answer->usage.prompt_tokens,
                         answer->usage.completion_tokens,
                         answer->usage.estimated,
                         answer->took_us,
                         answer->finish_reason};
  settle(id, std::move(outcome), std::move(settled), Outcome{id, 0, 0, std::move(*answer)});
}

/// `told` is what the asker learns once `outcome` is durable.
void Conversations::settle(const QuestionId& id, SessionDecider::Command outcome,
                           std::function<void(Expected<Outcome>)> settled, Expected<Outcome> told) {
  bring(id.session, std::move(outcome),
        [settled = std::move(settled), told = std::move(told)](const Expected<RecordPtr>& result) {
          if (!settled) return;
          if (!result) return settled(tl::unexpected(result.error()));
          if (!told) return settled(told);
          const auto message = message_in(**result);
          if (!message) return settled(fail(Errc::conflict, "the session is full"));
          Outcome complete = *told;
          complete.answer_number = message->number;
          complete.answered_at = (*result)->time;
          settled(std::move(complete));
        });
}

void Conversations::bring(SessionId id, SessionDecider::Command outcome, RecordAnswer answer) {
  ask_session(id, outcome, by_the_house(), [this, id, outcome, answer](Expected<RecordPtr> result) {
    if (is_busy(result) && after_a_while([=, this] { bring(id, outcome, answer); })) return;
    answer(std::move(result));
  });
}

/// False when it will never be: the house is ending. What waits here is bounded by the questions and commands that
/// are open, and the answers that are not sent.
bool Conversations::after_a_while(std::function<void()> work) {
  if (ending_) return false;
  const std::lock_guard lock(mutex_);
  postponed_.push_back(std::move(work));
  return true;
}

void Conversations::tick() {
  std::vector<std::function<void()>> postponed;
  std::vector<llm::Models::Ticket> forsaken;
  std::vector<std::shared_ptr<ToolLoop>> forsaken_loops;
  {
    // Under the lock that an outcome takes before its asker is answered: `gone` looks at what is answered then.
    const std::lock_guard lock(mutex_);
    postponed.swap(postponed_);
    for (const auto& [id, under_way] : under_way_) {
      if ((under_way.ticket == 0 && !under_way.loop) || !under_way.gone || !under_way.gone()) continue;
      if (under_way.loop)
        forsaken_loops.push_back(under_way.loop);
      else
        forsaken.push_back(under_way.ticket);
    }
  }
  for (const auto ticket : forsaken) models_.cancel(ticket);
  for (const auto& loop : forsaken_loops) loop->cancel();
  for (const auto& work : postponed) work();
}

std::size_t Conversations::under_way() const {
  const std::lock_guard lock(mutex_);
  return under_way_.size();
}

}  // namespace troupe::actors
