-- lighttpd answers by itself, from what mod_openssl knows; nothing is verified again.
local e = lighty.r and lighty.r.req_env or lighty.req_env
local h = lighty.r and lighty.r.resp_header or lighty.header
h["Content-Type"] = "text/plain; charset=utf-8"
h["Vary"] = "Accept"
h["Cache-Control"] = "no-store"
h["X-Content-Type-Options"] = "nosniff"
local text = "Client cert received\n\nName: " .. (e["SSL_CLIENT_S_DN"] or "") .. "\nVerify: "
    .. (e["SSL_CLIENT_VERIFY"] or "") .. "\n"
text = text .. string.rep("x", BYTES - #text)
if lighty.r then lighty.r.resp_body.set(text) else lighty.content = { text } end
return 200
