-- Counts the messages of each group, and who wrote them. What it counts outlives a restart.

local function group_key(message) return message.platform .. "/" .. message.group .. "/" end

local function add_one(key) troupe.storage.set(key, troupe.storage.get(key, 0) + 1) end

function on_message(message)
  if not message.in_group then return end
  add_one(group_key(message))
  -- There is room for some thousand people; those who come later count for their group alone.
  pcall(add_one, group_key(message) .. message.user)
end

troupe.command {
  name = "count",
  description = "How many messages this group has, and who wrote most of them",
  run = function(call)
    if not call.in_group then return "Groups alone are counted." end
    local prefix = group_key(call)
    local users = {}
    for _, key in ipairs(troupe.storage.keys(prefix)) do
      if key ~= prefix then users[#users + 1] = { name = key:sub(#prefix + 1), count = troupe.storage.get(key) } end
    end
    table.sort(users, function(a, b) return a.count > b.count or (a.count == b.count and a.name < b.name) end)
    local lines = { "Messages: " .. troupe.storage.get(prefix, 0) }
    for i = 1, math.min(#users, troupe.config.top) do
      lines[#lines + 1] = string.format("%d. %s: %d", i, users[i].name, users[i].count)
    end
    return table.concat(lines, "\n")
  end,
}
