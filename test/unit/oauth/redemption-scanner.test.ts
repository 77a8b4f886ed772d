import { describe, expect, test } from 'vitest';
import { RedemptionScanner } from '../../../src/oauth/redemption-scanner.ts';

const finds = (text: string) => new RedemptionScanner().finds(text);
const part = (head: string, value: string) =>
  `--b\r\n${head}\r\n\r\n${value}\r\n--b\r\nContent-Disposition: form-data; name="code"\r\n\r\nx\r\n--b--\r\n`;
const utf7 = (text: string) =>
  `+${Buffer.from(text, 'utf16le').swap16().toString('base64').replace(/=+$/, '')}-`;
const CODING = 'Content-Transfer-Encoding:';
const DISPOSITION = 'Content-Disposition: form-data; name="grant_type"';

describe('a redemption', () => {
  test.each([
    // RFC 6749 4.1.3
    [
      'a token request',
      'grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA&redirect_uri=https%3A%2F%2Fclient%2Eexample%2Ecom%2Fcb',
    ],
    ['not at the beginning', 'code=x&grant_type=authorization_code'],
    ['percent-encoded letters', 'gr%61nt_type=authorization%5Fcode'],
    ['every letter percent-encoded', '%67%72%61%6E%74%5F%74%79%70%65=authorization_code'],
    ['an escaped equals sign', 'grant_type%3Dauthorization_code'],
    ['upper case', 'GRANT_TYPE=Authorization_Code'],
    ['a dot for the underscore', 'grant.type=authorization_code'],
    ['an array', 'grant_type[]=authorization_code'],
    ['an array with an index', 'grant_type%5B0%5D=authorization_code'],
    ['brackets around the name', '[grant_type]=authorization_code'],
    ['space behind the name', 'grant_type+=authorization_code'],
    ['space in front of the value', 'grant_type=+%20authorization_code'],
    ['NUL behind the name', 'grant_type%00=authorization_code'],
    ['NUL in the name', 'grant_type%00x=authorization_code'],
    ['NUL behind the value', 'grant_type=authorization_code%00x'],
    ['a semicolon for a separator', 'a=1;grant_type=authorization_code;code=x'],
    ['JSON', '{"grant_type":"authorization_code","code":"x"}'],
    ['JSON on several lines', '{\r\n  "grant_type" :\r\n\t"authorization_code"\r\n}'],
    ['JSON with escapes', '{"gr\\u0061nt\\u005Ftype":"\\u0061uthorization_code"}'],
    [
      'JSON with more space than fits anywhere',
      `{"grant_type":${' \t\r\n'.repeat(5_000)}"authorization_code"}`,
    ],
    ['JSON, in an array', '{"grant_type":["authorization_code"]}'],
    ['JavaScript-like, single quotes', "{'grant_type':'authorization_code'}"],
    ['multipart', part(DISPOSITION, 'authorization_code')],
    [
      'multipart without quotes',
      part('Content-Disposition: form-data; name=grant_type', 'authorization_code'),
    ],
    ['multipart with bare line feeds', part(DISPOSITION, 'authorization_code').replaceAll('\r', '')],
    ['multipart with a type', part(`${DISPOSITION}\r\nContent-Type: text/plain`, 'authorization_code')],
    [
      'multipart with a type and a charset',
      part(`${DISPOSITION}\r\nContent-Type: text/plain; charset=utf-8`, 'authorization_code'),
    ],
    ['multipart with a file name', part(`${DISPOSITION}; filename="a"`, 'authorization_code')],
    [
      'multipart, headers the other way round',
      part(`Content-Type: text/plain; charset=utf-8\r\n${DISPOSITION}`, 'authorization_code'),
    ],
    ['multipart with a line end in front of the value', part(DISPOSITION, '\r\nauthorization_code')],
    [
      'multipart in quoted-printable',
      part(`${DISPOSITION}\r\n${CODING} quoted-printable`, 'authorization=5Fcode'),
    ],
    [
      'multipart in soft lines',
      part(`${DISPOSITION}\r\n${CODING} quoted-printable`, 'authoriza=\r\ntion_code'),
    ],
    ['multipart in base64', part(`${DISPOSITION}\r\n${CODING} base64`, 'YXV0aG9yaXphdGlvbl9jb2Rl')],
    [
      'the same, headers the other way round',
      part(`${CODING} base64\r\n${DISPOSITION}`, 'IGF1dGhvcml6YXRpb25fY29kZQ'),
    ],
    ['plus for the underscore', 'grant+type=authorization_code'],
    ['an open bracket for the underscore', 'grant[type=authorization_code'],
    ['escapes of IIS', 'grant_type=%u0061uthorization_code'],
    ['UTF-16', Buffer.from('grant_type=authorization_code', 'utf16le').toString('latin1')],
    [
      'UTF-16, big end first',
      Buffer.from('grant_type=authorization_code', 'utf16le').swap16().toString('latin1'),
    ],
    ['JSON in UTF-16', Buffer.from('{"grant_type" : "authorization_code"}', 'utf16le').toString('latin1')],
    ['UTF-7', 'grant+AF8-type+AD0-authorization+AF8-code'],
    ['UTF-7, everything', '+AGcAcgBhAG4AdABfAHQAeQBwAGUAPQBhAHUAdABoAG8AcgBpAHoAYQB0AGkAbwBuAF8AYwBvAGQAZQ-'],
    ['UTF-7, one run with another letter in front', utf7('\u00e9&grant_type=authorization_code')],
    [
      'UTF-7, of a letter beyond Latin-1 and the first of the name',
      `${utf7('\u4e00&g')}rant_type=authorization_code`,
    ],
    [
      'UTF-7, behind another letter',
      'x="+AOkAIgA7ACAAbgBhAG0AZQA9ACIAZwByAGEAbgB0AF8AdAB5AHAAZQAi-\r\n\r\n+AGE-uthorization_code',
    ],
  ])('%s', (_, text) => expect(finds(text)).toBe(true));
});

describe('no redemption', () => {
  test.each([
    ['nothing', ''],
    ['another grant', 'grant_type=refresh_token&refresh_token=x'],
    ['the words apart', 'grant_type=password&scope=authorization_code'],
    ['the words apart in JSON', '{"grant_type":"password","note":"authorization_code"}'],
    ['the words apart in multipart', part(DISPOSITION, 'password') + part('x', 'authorization_code')],
    ['client registration (RFC 7591 2)', '{"grant_types":["authorization_code","refresh_token"]}'],
    ['metadata', '{"grant_types_supported":["authorization_code"]}'],
    ['the value alone', 'authorization_code'],
    ['the name of another parameter', 'grant_type_hint=authorization_code'],
    ['a longer grant, with the name of ours behind', 'grant_type=urn:x:authorization_code'],
    ['prose', 'The grant_type is authorization_code in RFC 6749.'],
    ['a part in base64 beside client registration', part(`${DISPOSITION}s\r\n${CODING} base64`, 'eA==')],
    ['text in UTF-16', Buffer.from('The grant_type is authorization_code', 'utf16le').toString('latin1')],
    ['an ordinary form', 'username=alice&password=correct+horse&code=123456'],
  ])('%s', (_, text) => expect(finds(text)).toBe(false));
});

describe('in pieces', () => {
  const found = (pieces: readonly string[]) => {
    const scanner = new RedemptionScanner();
    return pieces.some((piece) => scanner.finds(piece));
  };

  test.each([
    ['in the middle of an escape', ['gr%', '6', '1nt_type=authorization_code']],
    ['in the middle of a JSON escape', ['{"gr\\u', '00', '61nt_type":"authorization_code"}']],
    ['one octet at a time', [...'{"grant_type" : "authorization_code"}']],
    [
      'with a megabyte of space between',
      ['{"grant_type":', ...Array(1024).fill(' '.repeat(1024)), '"authorization_code"}'],
    ],
    [
      'with soft lines without end between',
      [...part(`${DISPOSITION}\r\n${CODING} quoted-printable`, `a${'=\r\n'.repeat(3_000)}uthorization_code`)],
    ],
    [
      'with UTF-7 of nothing without end between',
      [...`grant+AF8-type+AD0-a${'+AAAAAA-'.repeat(1_000)}uthorization_code`],
    ],
    [
      'its coding named behind it',
      ['name="grant_type"\r\n\r\nauthorization', '=5Fcode\r\n', 'quoted-printable'],
    ],
    ['with empty pieces', ['grant_type=', '', '', 'authorization_code']],
  ])('%s', (_, pieces) => expect(found(pieces)).toBe(true));

  test('what is far apart stays apart', () =>
    expect(found(['grant_type=', 'x'.repeat(100_000), 'authorization_code'])).toBe(false));

  test('a name that goes on is another one', () => {
    expect(found(['{"grant_type', 's":["authorization_code"]}'])).toBe(false);
    expect(found(['Content-Transfer-Encoding: base64\r\nX: name="grant_type', 's"'])).toBe(false);
  });

  test('a text is decoded once, however it is cut', () =>
    expect(found([...'grant_typ%2565=authorization_code'])).toBe(false));
});
