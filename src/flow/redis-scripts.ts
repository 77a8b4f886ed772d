import { NO_CHALLENGE } from './binding-record.ts';

/**
 * Claims the binding at KEYS[1], atomically. ARGV: the presented challenge; `BINDING_MEMORY`. Replies with the outcome
 * and the record. The offsets are those of `binding-record.ts`.
 *
 * The expiry of a code needs no clock of ours: its key lives for code_ttl + BINDING_MEMORY, so that a key with no more
 * than BINDING_MEMORY to live (or without any TTL, which is none that we wrote) is that of an expired code.
 *
 * Lua interns its strings: `==` on two of them compares pointers, and so takes the same time wherever they differ. And
 * they are digests: nobody can feel their way along one byte by byte.
 */
export const CLAIM_BINDING = `
local record = redis.call('GET', KEYS[1])
if not record or not string.find(record, '^1[bcx]%d%d%d%d%d%d') then return {'unknown', ''} end

local status = string.sub(record, 2, 2)
if status == 'c' then return {'replayed', record} end
if status == 'x' then return {'exhausted', record} end
if redis.call('PTTL', KEYS[1]) <= tonumber(ARGV[2]) then return {'expired', record} end

local none = '${NO_CHALLENGE}'
local challenge = string.sub(record, 9, 51)
if (challenge == none) ~= (ARGV[1] == none) then return {'unpaired', record} end
if challenge == ARGV[1] then
  redis.call('SET', KEYS[1], '1c' .. string.sub(record, 3), 'XX', 'KEEPTTL')
  return {'claimed', record}
end

local attempts = tonumber(string.sub(record, 3, 5)) + 1
status = attempts >= tonumber(string.sub(record, 6, 8)) and 'x' or 'b'
redis.call('SET', KEYS[1], string.format('1%s%03d', status, attempts) .. string.sub(record, 6), 'XX', 'KEEPTTL')
return {'mismatch', record}
`;

/** Gives the binding at KEYS[1] back where it is claimed. */
export const RELEASE_BINDING = `
local record = redis.call('GET', KEYS[1])
if record and string.sub(record, 1, 2) == '1c' then
  redis.call('SET', KEYS[1], '1b' .. string.sub(record, 3), 'XX', 'KEEPTTL')
end
return 'OK'
`;

/**
 * Adds counts to the hash of an issuer and day at KEYS[1]. ARGV: the writer's field, the number of its batch; the TTL in
 * seconds; the field that counts fresh names, how many there may be, the name for those beyond; then for each entry its
 * name, whether it is fresh (1), and its record as in `inventory/counts-record.ts`. Replies 1, or 0 for a batch that was
 * added before.
 *
 * The batch's number is the first write: where Redis has no memory left, it refuses that one, and nothing is added by half.
 */
export const MERGE_COUNTS = `
local key, writer, number = KEYS[1], ARGV[1], tonumber(ARGV[2])
if tonumber(redis.call('HGET', key, writer) or 0) >= number then return 0 end
redis.call('HSET', key, writer, number)
redis.call('EXPIRE', key, ARGV[3])

local function read(text)
  local ok, record = pcall(cjson.decode, text)
  local usable = ok and type(record) == 'table' and type(record.c) == 'table'
  if usable and type(record.f) == 'number' and type(record.l) == 'number' then return record end
end

for i = 7, #ARGV, 3 do
  local name, record = ARGV[i], ARGV[i + 2]
  local stored = redis.call('HGET', key, name)
  if not stored and ARGV[i + 1] == '1' and redis.call('HINCRBY', key, ARGV[4], 1) > tonumber(ARGV[5]) then
    name = ARGV[6]
    stored = redis.call('HGET', key, name)
  end
  local held = stored and read(stored)
  if held then
    local added = cjson.decode(record)
    for what, count in pairs(added.c) do held.c[what] = (tonumber(held.c[what]) or 0) + count end
    held.f = math.min(held.f, added.f)
    held.l = math.max(held.l, added.l)
    held.u = added.u
    if added.v and (type(held.v) ~= 'table' or (tonumber(held.v[1]) or 0) <= added.v[1]) then held.v = added.v end
    record = cjson.encode(held)
  end
  redis.call('HSET', key, name, record)
end
return 1
`;
