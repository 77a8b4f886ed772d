import { CODE_MEMORY, NO_CHALLENGE, NO_CLAIM } from './code-record.ts';

/**
 * Saves ARGV[1] at KEYS[1] for ARGV[2] milliseconds, unless there is a record that does not begin with ARGV[3] (empty: unless
 * there is any record). Replies with the existing record.
 */
export const SAVE_UNLESS_HELD = `
local held = redis.call('GET', KEYS[1])
if held and (ARGV[3] == '' or string.sub(held, 1, #ARGV[3]) ~= ARGV[3]) then return held end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false
`;

/**
 * Claims the code at KEYS[1], atomically. ARGV: the presented challenge; the claim's id. Replies with the outcome and the
 * record. The offsets are those of `code-record.ts`; `decideClaim` does the same.
 *
 * The expiry of a code needs no clock of the gateway: if the remaining TTL is at most the time for which an expired code is
 * remembered (or there is no TTL, which the gateway never writes), the code is expired.
 *
 * Lua interns strings, so `==` compares pointers and takes the same time for any difference. Both are digests, which nobody can
 * guess byte by byte.
 */
export const CLAIM_CODE = `
local record = redis.call('GET', KEYS[1])
if not record or not string.find(record, '^3[bow][bcx]%d%d%d%d%d%d') then return {'unknown', ''} end

local kind, status = string.sub(record, 2, 2), string.sub(record, 3, 3)
if kind == 'w' then return {'wrapped', record} end
if status == 'c' then return {string.sub(record, 53, 74) == ARGV[2] and 'claimed' or 'replayed', record} end
if status == 'x' then return {'exhausted', record} end
local memory = kind == 'o' and ${CODE_MEMORY.own} or ${CODE_MEMORY.bare}
if redis.call('PTTL', KEYS[1]) <= memory then return {'expired', record} end

local none = '${NO_CHALLENGE}'
local challenge = string.sub(record, 10, 52)
if (challenge == none) ~= (ARGV[1] == none) then return {'unpaired', record} end
local function advance(status, attempts, claim)
  local counts = string.format('%s%03d', status, attempts)
  local next = string.sub(record, 1, 2) .. counts .. string.sub(record, 7, 52) .. claim .. string.sub(record, 75)
  redis.call('SET', KEYS[1], next, 'XX', 'KEEPTTL')
end
local attempts = tonumber(string.sub(record, 4, 6))
if challenge == ARGV[1] then
  advance('c', attempts, ARGV[2])
  return {'claimed', record}
end
advance(attempts + 1 >= tonumber(string.sub(record, 7, 9)) and 'x' or 'b', attempts + 1, '${NO_CLAIM}')
return {'mismatch', record}
`;

/** Releases the code at KEYS[1] if the claim with the id ARGV[1] holds it. */
export const RELEASE_CODE = `
local record = redis.call('GET', KEYS[1])
if record and string.find(record, '^3[bo]c') and string.sub(record, 53, 74) == ARGV[1] then
  local next = string.sub(record, 1, 2) .. 'b' .. string.sub(record, 4, 52) .. '${NO_CLAIM}' .. string.sub(record, 75)
  redis.call('SET', KEYS[1], next, 'XX', 'KEEPTTL')
end
return 'OK'
`;
