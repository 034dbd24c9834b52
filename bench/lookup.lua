-- lookup.lua - wrk asks for one customer after the other and says what it saw as one line of JSON.
-- Arguments behind "--": GET, QUERY or POST, a file with one value a line, the view, and the key they are values of; or
-- PATHS and a file with one path a line, which are asked for as they are.
local requests, next_request = {}, 0
local checked = false

function init(args)
	local method = args[1]
	local path = method == "POST" and "/v1/customers/lookup" or "/v1/customers"

	if method == "QUERY" or method == "POST" then
		wrk.headers["Content-Type"] = "application/json"
	end
	local view, key = args[3], args[4]

	for value in io.lines(args[2]) do
		if method == "PATHS" then
			requests[#requests + 1] = wrk.format("GET", value)
		elseif method == "GET" then
			requests[#requests + 1] = wrk.format("GET", path .. "?view=" .. view .. "&" .. key .. "=" .. value)
		else
			local body = '{"by":{"' .. key .. '":"' .. value .. '"},"view":"' .. view .. '"}'
			requests[#requests + 1] = wrk.format(method, path, wrk.headers, body)
		end
	end
end

-- Before it starts wrk has one request checked by a parser that does not know QUERY; that one is not sent.
function request()
	if not checked then
		checked = true
		return wrk.format("GET", "/")
	end
	next_request = next_request % #requests + 1
	return requests[next_request]
end

function done(summary, latency)
	local errors = summary.errors
	print(string.format('RESULT {"requests":%d,"duration_us":%d,"bytes":%d,"failed":%d,"p50_us":%d,"p99_us":%d}',
		summary.requests, summary.duration, summary.bytes,
		errors.connect + errors.read + errors.write + errors.status + errors.timeout,
		latency:percentile(50), latency:percentile(99)))
end
