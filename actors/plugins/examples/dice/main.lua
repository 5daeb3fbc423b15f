-- Dice: `/roll`, `/roll 3`, `/roll 2d20+1`; and a tool, so that a model can roll them too.

local function roll(count, sides)
  local sum, shown = 0, {}
  for i = 1, count do
    local face = math.random(sides)
    sum = sum + face
    shown[i] = tostring(face)
  end
  return sum, table.concat(shown, " + ")
end

-- "2d20+1" -> 2, 20, 1; nil when the text says something else
local function parse(text)
  if text == "" then return 1, troupe.config.sides, 0 end
  local count = text:match("^%d+$")
  if count then return tonumber(count), troupe.config.sides, 0 end
  local dice, sides, sign, more = text:match("^(%d*)d(%d+)([+-]?)(%d*)$")
  if not dice then return nil end
  return tonumber(dice) or 1, tonumber(sides), (tonumber(more) or 0) * (sign == "-" and -1 or 1)
end

troupe.command {
  name = "roll",
  aliases = { "dice" },
  description = "Rolls dice: /roll, /roll 3, /roll 2d20+1",
  run = function(call)
    local count, sides, more = parse(call.arguments)
    if not count or count < 1 or sides < 2 or sides > 1000 then return "Try /roll, /roll 3 or /roll 2d20+1." end
    if count > troupe.config.max_dice then return "At most " .. troupe.config.max_dice .. " dice." end
    local sum, shown = roll(count, sides)
    if count == 1 and more == 0 then return call.user_name .. " rolls " .. sum .. "." end
    if more ~= 0 then shown = shown .. " + " .. more end
    return string.format("%s rolls %s = %d.", call.user_name, shown, sum + more)
  end,
}

troupe.tool {
  name = "roll_dice",
  description = "Rolls dice and tells their sum.",
  parameters = {
    type = "object",
    properties = { count = { type = "integer" }, sides = { type = "integer" } },
  },
  run = function(arguments)
    local count = math.min(math.max(arguments.count or 1, 1), troupe.config.max_dice)
    local sides = math.min(math.max(arguments.sides or troupe.config.sides, 2), 1000)
    return { sum = (roll(count, sides)) }
  end,
}
