-- Answers messages that hold a word of the configuration, without asking a model.

local function holds(text, word)
  if troupe.config.ignore_case then text, word = text:lower(), word:lower() end
  return text:find(word, 1, true) ~= nil
end

function on_enable()
  troupe.log("info", #troupe.config.replies .. " replies are set")
end

function on_message(message)
  for _, reply in ipairs(troupe.config.replies) do
    if holds(message.text, reply.word) then
      return (reply.text:gsub("{user}", function() return message.user_name end))
    end
  end
end
