-- Replays the request bytes given as the first argument after `--`.
--
-- Several requests in a row make wrk pipeline them: it counts them itself. Every "{count}" becomes
-- a number of seven digits that grows with each replay, so that all requests are equally long.
-- The line printed at the end carries exact counts; wrk's own report rounds them.

local PLACEHOLDER = "{count}"
local pieces = {}
local count = 0

function init(args)
  local raw, from = args[1], 1
  while true do
    local first, last = string.find(raw, PLACEHOLDER, from, true)
    if first == nil then
      break
    end
    pieces[#pieces + 1] = string.sub(raw, from, first - 1)
    from = last + 1
  end
  pieces[#pieces + 1] = string.sub(raw, from)
end

function request()
  if #pieces == 1 then
    return pieces[1]
  end
  count = (count + 1) % 10000000
  return table.concat(pieces, string.format("%07d", count))
end

function done(summary, latency, requests)
  io.write(string.format("exact: requests=%d bytes=%d duration_us=%d\n",
    summary.requests, summary.bytes, summary.duration))
end
