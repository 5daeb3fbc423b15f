-- Says a text to a group, again and again. /announcements counts, for each who asks, how often they have asked.

local function announce()
  troupe.send({ platform = troupe.config.platform, group = troupe.config.group }, troupe.config.text)
end

function on_enable()
  if troupe.config.group ~= "" then troupe.every(troupe.config.minutes * 60, announce) end
end

troupe.command {
  name = "announcements",
  description = "What is announced, and how often",
  run = function(call)
    -- Kept of the person who asks: it is gone when they are forgotten.
    local mine = troupe.storage.of(call)
    mine.set("asked", mine.get("asked", 0) + 1)
    return string.format("Every %d minutes: %s (you have asked %d times)", troupe.config.minutes, troupe.config.text, mine.get("asked"))
  end,
}
