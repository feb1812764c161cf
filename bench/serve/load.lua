-- Requests for wrk out of a file with one text per line.
--
-- arguments: TEXTS ENCODING PER_REQUEST DELAY_MS
--   ENCODING: float or base64
--   DELAY_MS: what a connection waits before each request; 0: nothing
-- done() prints one line, which wrk_load.py reads. Requests are sent one after the other, so that a text comes again only after
-- all others.

local requests, position, delay_ms = {}, 0, 0

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
end

local function request_for(texts, encoding)
  local input = #texts == 1 and texts[1] or "[" .. table.concat(texts, ",") .. "]"
  local body = '{"encoding_format":"' .. encoding .. '","input":' .. input .. "}"
  return wrk.format("POST", "/v1/embeddings", {["Content-Type"] = "application/json"}, body)
end

function init(arguments)
  local encoding, per_request, texts = arguments[2], tonumber(arguments[3]), {}
  delay_ms = tonumber(arguments[4])
  for line in io.lines(arguments[1]) do
    table.insert(texts, quoted(line))
    if #texts == per_request then
      table.insert(requests, request_for(texts, encoding))
      texts = {}
    end
  end
  -- wrk asks for a delay if there is such a function.
  if delay_ms > 0 then
    delay = function() return delay_ms end
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
