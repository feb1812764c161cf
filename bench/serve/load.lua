-- Requests for wrk out of a file with one text per line, one after the other, so that a text comes again only after all others.
--
-- arguments: TEXTS ENCODING PER_REQUEST MODE
--   ENCODING: float or base64
--   MODE: "on" sends until wrk ends it; "once" sends each text once and ends wrk at the last answer; a number sends until wrk
--     ends it, and a connection waits that many milliseconds before each request
-- It prints one line, which wrk_load.py reads.

local ffi = require("ffi")
ffi.cdef("typedef struct { long s; long ns; } moment_t; int clock_gettime(int clock, moment_t* now);")
local MONOTONIC, FOREVER_MS = 1, 3600000

local requests, position = {}, 0

local function seconds_now()
  local now = ffi.new("moment_t")
  ffi.C.clock_gettime(MONOTONIC, now)
  return tonumber(now.s) + tonumber(now.ns) / 1e9
end

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
end

local function add_request(texts, encoding)
  local input = #texts == 1 and texts[1] or "[" .. table.concat(texts, ",") .. "]"
  local body = '{"encoding_format":"' .. encoding .. '","input":' .. input .. "}"
  table.insert(requests, wrk.format("POST", "/v1/embeddings", {["Content-Type"] = "application/json"}, body))
end

-- wrk asks `delay` before each request, if there is one, and gives answers to `response`, if there is one.
local function send_once()
  local begin, left, failed = nil, 0, 0
  delay = function()
    if begin == nil then  -- wrk has tried a request before.
      begin, position, left = seconds_now(), 0, #requests
    end
    return position < #requests and 0 or FOREVER_MS
  end
  response = function(status)
    left = left - 1
    if status ~= 200 then failed = failed + 1 end
    if left == 0 then
      io.write(string.format('{"requests": %d, "seconds": %.6f, "refused": %d, "lost": 0}\n', #requests, seconds_now() - begin,
                             failed))
      io.flush()
      os.exit(0)
    end
  end
end

function init(arguments)
  local encoding, per_request, mode, texts = arguments[2], tonumber(arguments[3]), arguments[4], {}
  for line in io.lines(arguments[1]) do
    table.insert(texts, quoted(line))
    if #texts == per_request then
      add_request(texts, encoding)
      texts = {}
    end
  end
  if #texts > 0 then add_request(texts, encoding) end
  if mode == "once" then
    send_once()
  elseif tonumber(mode) then
    delay = function() return tonumber(mode) end
  end
end

function request()
  position = position % #requests + 1
  return requests[position]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "refused": %d, "lost": %d, "p50_ms": %.4f, "p99_ms": %.4f}\n',
    summary.requests, summary.duration / 1e6, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
