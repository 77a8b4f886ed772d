import { describe, expect, test } from 'vitest';
import { readJsonParameters } from '../../../src/oauth/json-parameters.ts';

describe('the texts of a JSON object', () => {
  test.each<[text: string, entries: [string, string][]]>([
    [
      '{"client_id":"a","code":"b"}',
      [
        ['client_id', 'a'],
        ['code', 'b'],
      ],
    ],
    [' {\r\n "code" :\t"b" } ', [['code', 'b']]],
    ['{"gr\\u0061nt_type":"x\\"y"}', [['grant_type', 'x"y']]],
    [
      '{"code":["a",1,"b"],"n":2,"o":{"code":"c"},"t":true,"z":null}',
      [
        ['code', 'a'],
        ['code', 'b'],
        ['code', 'c'],
      ],
    ],
    [
      '{"__proto__":"a","constructor":"b"}',
      [
        ['__proto__', 'a'],
        ['constructor', 'b'],
      ],
    ],
    ['{"a":"{\\"b\\":1}"}', [['a', '{"b":1}']]],
    ['{}', []],
  ])('%s', (text, entries) => expect(readJsonParameters(text)).toEqual(entries));
});

test.each([
  ['no JSON', 'client_id=a'],
  ['cut short', '{"a":"b"'],
  ['an array', '["a"]'],
  ['a text', '"a"'],
  ['null', 'null'],
  ['nothing', ''],
  ['a name twice', '{"code":"a","code":"b"}'],
  ['a name twice, escaped', '{"code":"a","c\\u006fde":"b"}'],
  ['a name twice, the second a number', '{"code":"a","code":1}'],
  ['a name twice further down', '{"a":{"b":1,"b":2}}'],
  ['a repeated name next to a text that looks like one', '{"a":"x",":b":"c",":b":"d"}'],
])('none from %s', (_, text) => expect(readJsonParameters(text)).toBeUndefined());
