-- wrk sends answers with this: a key of its own for each, and as many sources as there are requests.
local seed, count, thread = tonumber(os.getenv("BENCH_SEED")), 0, 0
local path, numbers = os.getenv("BENCH_PATH"), {}
local threads = {}

function setup(one)
  one:set("number", #threads)
  table.insert(threads, one)
end

function init()
  thread = number
end

function request()
  count = count + 1
  local key = string.format("%08x-%04x-4bd1-9c3e-%012x", seed, thread, count)
  local source = string.format("10.%d.%d.%d", thread, math.floor(count / 250) % 250, count % 250)
  local body = string.format(
    '{"borough": "Hackney", "language": "en", "answers": {"age": "25-34", "gender": "female", ' ..
    '"seen": "yes", "trust": %d, "support": %d, "listens": 4, "fair": 2, "comment": ' ..
    '"The officer explained what it was and kept calm, so I was less afraid than I had expected ' ..
    'to be, but nobody asked me afterwards how I felt about it, which I would have liked. %d"}}',
    count % 5 + 1, count % 3 + 1, count)
  return wrk.format("POST", path, {
    ["Content-Type"] = "application/json",
    ["Idempotency-Key"] = key,
    ["X-Forwarded-For"] = source,
  }, body)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'BENCH {"requests": %d, "seconds": %f, "p50": %f, "p95": %f, "p99": %f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
