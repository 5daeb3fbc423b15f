// Routes of the tags chat and conversations.
#include "http/surfaces/chatai/chat.hpp"

#include "http/surfaces/chatai/routes/routes.hpp"

namespace troupe::http::chatai {
namespace {

using A = Access;

#define USAGE R"({"promptTokens":9,"completionTokens":3,"totalTokens":12})"
#define SAID R"([{"id":469762049,"role":"user","content":"Hi","timestamp":1769860800000}])"

}  // namespace

void chat_routes(RouteTable& table, Chat& chat) {
  using P = Chat;
  const Parameter user = text_parameter("userId", "Of whom"), group = text_parameter("groupId", "In which group");
  const std::vector<Field> question = {required("message", {}, defaults::kMaxQuestionLength),
                                       anything("userId", "Names the conversation, with `groupId`"),
                                       anything("groupId", "In which group; none: a conversation with the user alone"),
                                       text("preset", "Id or name; none: the default one"),
                                       text("presetId", "As `preset`"),
                                       text("model", "None: the preset's"),
                                       flag("stream", "Answer as server-sent events")};
  constexpr const char* kEvents = R"({"type":"content","text":"Hel","data":"Hel"})";
  constexpr const char* kNote =
      "The conversation is the caller's own: the same `userId` and `groupId` of one account are always the same "
      "conversation, and of two accounts never. Events have no name and a `type` inside: start, content, and then end "
      "or error.";
  table.tag("ChatAI: chat");
  table.post("/api/chat", A::login, to(chat, &P::chat), "Say something and be answered")
      .takes(question)
      .answers(OK(R"({"response":"Hello!","content":"Hello!","conversationId":"conv_7","model":"gpt-4o-mini",)"
                  R"("toolCalls":[],"usage":)" USAGE "}"))
      .streams(kEvents)
      .note(kNote);
  table.post("/api/chat/stream", A::login, to(chat, &P::stream), "Say something and be answered as it comes")
      .takes(question)
      .answers("{}")
      .streams(kEvents)
      .note(kNote);
  table.get("/api/chat/history", A::login, to(chat, &P::history), "What was said, oldest first")
      .query({user, group, limit_parameter()})
      .answers(OK(R"([{"id":469762049,"role":"user","content":"Hi","timestamp":"2026-01-31T12:00:00.000Z"}])"));
  table.del("/api/chat/history", A::login, to(chat, &P::clear_history), "Take back what was said in a conversation")
      .query({user, group})
      .takes({anything("userId"), anything("groupId")})
      .answers(DONE("Context cleared"));
  table.tag("ChatAI: conversations");
  table.get("/api/conversations", A::login, to(chat, &P::conversations), "My conversations, newest first")
      .query({user, group, limit_parameter(20), offset_parameter()})
      .answers(OK(R"({"conversations":[{)" CONVERSATION R"(}],"total":1})"));
  table
      .get("/api/conversations/list", A::login, to(chat, &P::conversations),
           "My conversations, newest first, as an array")
      .query({user, group, limit_parameter(100), offset_parameter()})
      .answers(OK("[{" CONVERSATION "}]"));
  table.del("/api/conversations/clear-all", A::login, to(chat, &P::remove_all), "Delete all my conversations")
      .query({text_parameter("confirm", "true, or nothing is deleted")})
      .answers(OK(R"({"success":true,"deletedCount":3})"));
  table.get("/api/conversations/{conversation_id}", A::login, to(chat, &P::conversation), "One conversation")
      .query({limit_parameter(100)})
      .answers(OK("{" CONVERSATION R"(,"messages":)" SAID "}"))
      .note("By its id, or by whom it is with: `user:123`, `group:456:user:123`.");
  table
      .get("/api/conversations/{conversation_id}/messages", A::login, to(chat, &P::messages),
           "The last messages of a conversation")
      .query({limit_parameter(100)})
      .answers(OK(SAID));
  table
      .post("/api/conversations/{conversation_id}/clear", A::login, to(chat, &P::clear),
            "Take back what was said in a conversation")
      .answers(DONE("Context cleared"));
  table.del("/api/conversations/{conversation_id}", A::login, to(chat, &P::remove), "Delete a conversation")
      .answers(R"({"success":true,"data":null})");
}

}  // namespace troupe::http::chatai
