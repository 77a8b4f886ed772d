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
