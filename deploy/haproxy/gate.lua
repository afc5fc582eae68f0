-- http-request lua.gate WHERE: asks a FastCGI authorizer about this request. Sets txn.gate_allowed to true, and
-- txn.gate_user, only for a whole answer with one `Status: 200` and a name; a 403 goes to the client as it is.
-- Whatever else happens leaves txn.gate_allowed unset: the configuration denies then.
local seconds, longest = 3, 65536

local function length(n) return n < 128 and string.char(n) or string.pack(">I4", n + 0x80000000) end
local function record(kind, body) return string.pack(">BBI2I2BB", 1, kind, 1, #body, 0, 0) .. body end

local function question(params)
	local pair, all = {}, ""
	for name, value in pairs(params) do
		value = tostring(value)
		if value ~= "" then pair[#pair + 1] = length(#name) .. length(#value) .. name .. value end
	end
	all = table.concat(pair)
	local out = { record(1, string.pack(">I2BI4B", 2, 0, 0, 0)) }
	for at = 1, #all, 65535 do out[#out + 1] = record(4, all:sub(at, at + 65534)) end
	return table.concat(out) .. record(4, "")
end

local function answer(socket)
	local text, size, began = {}, 0, core.now().sec
	while core.now().sec - began <= seconds do
		local head = socket:receive(8)
		if not head or #head ~= 8 then return nil end
		local version, kind, id, len, pad = string.unpack(">BBI2I2B", head)
		local body = len + pad == 0 and "" or socket:receive(len + pad)
		size = size + len
		if version ~= 1 or id ~= 1 or not body or #body ~= len + pad or size > longest then return nil end
		if kind == 6 then text[#text + 1] = body:sub(1, len) end
		if kind == 3 then return body:sub(1, 5) == "\0\0\0\0\0" and table.concat(text) or nil end
	end
end

-- Every line must be a field, and no name may occur twice.
local function fields_of(head)
	local fields = {}
	for line in (head .. "\r\n"):gmatch("(.-)\r\n") do
		local name, value = line:match("^([%w-_]+):[ \t]*([^\r\n]*)$")
		if not name or fields[name:lower()] then return nil end
		fields[name:lower()] = value
	end
	return fields
end

local function ask(txn, where)
	local function var(name) return txn:get_var("txn.gate_" .. name) or "" end
	local socket = core.tcp()
	socket:settimeout(seconds)
	if not socket:connect(where) then return nil end
	socket:send(question{
		SSL_CLIENT_CERT = var("cert"), SSL_CLIENT_CERT_CHAIN = var("chain"), SSL_CLIENT_VERIFY = var("verify"),
		REQUEST_METHOD = txn.sf:method(), REQUEST_URI = var("uri"), PEERCERT_HOST = var("host"),
		REMOTE_ADDR = txn.sf:src(), HTTP_ACCEPT = txn.sf:req_hdr("accept") })
	local text = answer(socket)
	socket:close()
	local head, body = (text or ""):match("^(.-)\r\n\r\n(.*)$")
	local fields = head and fields_of(head)
	if not fields then return nil end
	return tonumber((fields["status"] or ""):match("^(%d%d%d)%f[^%d]")), fields, body
end

core.register_action("gate", { "http-req" }, function(txn, where)
	local fine, status, fields, body = pcall(ask, txn, where)
	if not fine then core.Warning("gate: " .. tostring(status)) end
	local user = fine and fields and fields["variable-remote_user"] or ""
	if fine and status == 200 and user ~= "" then
		txn:set_var("txn.gate_user", user)
		txn:set_var("txn.gate_allowed", true)
	elseif fine and status == 403 then
		local reply = txn:reply{ status = 403 }
		for _, name in ipairs{ "content-type", "cache-control", "vary", "x-content-type-options",
			"content-security-policy", "referrer-policy", "peercert-decision" } do
			if fields[name] then reply:add_header(name, fields[name]) end
		end
		reply:set_body(body)
		txn:done(reply)
	end
end, 1)
