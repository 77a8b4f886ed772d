-- The check that one writes for nginx in an afternoon: the challenge is kept under the code, the verifier is compared.
-- It works where the server redirects at once. No binding to client or redirect_uri, no wrapped codes, no replay
-- protection, one reading of the parameters, no metrics.
local redis = require "nginx.redis"
local sha256 = require "nginx.sha256"

local check = {}

local function connect()
  local client = redis:new()
  client:set_timeout(500)
  local ok = client:connect("127.0.0.1", check.redis_port)
  if not ok then ngx.exit(503) end
  return client
end

local function refuse(description)
  ngx.status = 400
  ngx.header.content_type = "application/json"
  ngx.print('{"error":"invalid_grant","error_description":"' .. description .. '"}')
  ngx.exit(400)
end

function check.authorize()
  local args = ngx.req.get_uri_args()
  local challenge = args.code_challenge
  if type(challenge) ~= "string" or #challenge ~= 43 or args.code_challenge_method ~= "S256" then
    return refuse("code_challenge is missing")
  end
  args.code_challenge = nil
  args.code_challenge_method = nil
  local response = ngx.location.capture("/behind" .. ngx.var.uri, { args = args })
  local location = response.header["Location"]
  local code = location and string.match(location, "[?&]code=([^&#]+)")
  if code then
    local client = connect()
    client:set("code:" .. ngx.unescape_uri(code), challenge, "EX", 600)
    client:set_keepalive(60000, 256)
  end
  ngx.status = response.status
  for name, value in pairs(response.header) do ngx.header[name] = value end
  ngx.print(response.body)
end

function check.token()
  ngx.req.read_body()
  local args = ngx.req.get_post_args()
  if args.grant_type ~= "authorization_code" then return end
  if type(args.code) ~= "string" or type(args.code_verifier) ~= "string" then return refuse("code_verifier is missing") end
  local client = connect()
  local challenge = client:get("code:" .. args.code)
  client:set_keepalive(60000, 256)
  local digest = sha256:new()
  digest:update(args.code_verifier)
  local presented = ngx.encode_base64(digest:final(), true):gsub("+", "-"):gsub("/", "_")
  if presented ~= challenge then return refuse("code_verifier does not match") end
end

return check
