-- Replays a request and validates every answer to it.
--
-- Arguments after `--`: a folder with the files `request` and `body` (no such file: any body), the
-- status, the number of copies that are sent before the answers are read, and "validate", or
-- "trust" to see what validation costs.
--
-- Every "{count}" becomes a number of seven digits that grows with each request. wrk does not say
-- to which request an answer belongs, so the number in a body has to be one that was sent and has
-- not been answered.
--
-- The lines printed at the end are exact; wrk's own report rounds.

local PLACEHOLDER = "{count}"
local EXCERPT_BYTES = 120
local threads = {}

local pieces, copies, expected_status
local expected, body_pieces, first_digit  -- the body as it is, or around the placeholders
local count = 0
local awaited = {}

-- Read by `done`, from another state of Lua: these must be global.
sent, answered, wrong, first_wrong = 0, 0, 0, ""

function setup(thread)
  threads[#threads + 1] = thread
end

local function contents(path)
  local file = io.open(path, "rb")
  if file == nil then
    return nil
  end
  local data = file:read("*a")
  file:close()
  return data
end

local function split(text)
  local found, from = {}, 1
  while true do
    local first, last = string.find(text, PLACEHOLDER, from, true)
    if first == nil then
      break
    end
    found[#found + 1] = string.sub(text, from, first - 1)
    from = last + 1
  end
  found[#found + 1] = string.sub(text, from)
  return found
end

function init(args)
  pieces = split(contents(args[1] .. "/request"))
  expected_status = tonumber(args[2])
  copies = tonumber(args[3])
  -- wrk asks for the first requests once more, to see what they are.
  sent = -copies
  expected = contents(args[1] .. "/body")
  if expected ~= nil then
    body_pieces = split(expected)
    if #body_pieces > 1 then
      first_digit = #body_pieces[1] + 1
    end
  end
  if args[4] == "trust" then
    response = nil
  end
end

local function one_request()
  if #pieces == 1 then
    return pieces[1]
  end
  count = (count + 1) % 10000000
  local digits = string.format("%07d", count)
  if first_digit ~= nil then
    awaited[digits] = true
  end
  return table.concat(pieces, digits)
end

function request()
  sent = sent + copies
  if copies == 1 then
    return one_request()
  end
  local all = {}
  for i = 1, copies do
    all[i] = one_request()
  end
  return table.concat(all)
end

local function first_difference(a, b)
  local length = math.min(#a, #b)
  for i = 1, length do
    if string.byte(a, i) ~= string.byte(b, i) then
      return i
    end
  end
  return length + 1
end

local function hex(text)
  return (string.gsub(text, ".", function(octet)
    return string.format("%02x", string.byte(octet))
  end))
end

-- Notes the first wrong answer: the body from where it differs on, and what was expected there.
local function note(status, body, want)
  wrong = wrong + 1
  if wrong > 1 then
    return
  end
  local at = 1
  if status == expected_status then
    at = first_difference(want, body)
  end
  local last = at + EXCERPT_BYTES - 1
  first_wrong = string.format("number=%d status=%d at=%d came_bytes=%d expected_bytes=%d came=%s expected=%s",
    answered, status, at - 1, #body, #want, hex(string.sub(body, at, last)), hex(string.sub(want, at, last)))
end

function response(status, headers, body)
  answered = answered + 1
  if status ~= expected_status then
    return note(status, body, "")
  end
  if expected == nil or body == expected and first_digit == nil then
    return
  end
  if first_digit == nil then
    return note(status, body, expected)
  end
  local digits = string.sub(body, first_digit, first_digit + 6)
  if awaited[digits] then
    awaited[digits] = nil
    local want = table.concat(body_pieces, digits)
    if body ~= want then
      note(status, body, want)
    end
  else
    note(status, body, table.concat(body_pieces, string.format("%07d", count)))
  end
end

function done(summary, latency, requests)
  local thread = threads[1]
  io.write(string.format("exact: requests=%d bytes=%d duration_us=%d cpu_us=%d sent=%d answered=%d wrong=%d\n",
    summary.requests, summary.bytes, summary.duration, os.clock() * 1e6,
    thread:get("sent"), thread:get("answered"), thread:get("wrong")))
  if thread:get("wrong") > 0 then
    io.write("first wrong: " .. thread:get("first_wrong") .. "\n")
  end
end
