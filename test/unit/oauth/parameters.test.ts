import { describe, expect, test } from 'vitest';
import { Parameters, parseParameters } from '../../../src/oauth/parameters.ts';

/** A text as read from a socket: its UTF-8 bytes as code units below 256. */
const octets = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
const A = 'a'.repeat(43);

describe('reading', () => {
  test.each<[what: string, text: string, entries: [string, string][]]>([
    ['nothing', '', []],
    ['a pair', 'code=abc', [['code', 'abc']]],
    // RFC 6749 4.1.1
    [
      'an authorization request',
      'response_type=code&client_id=s6BhdRkqt3&state=xyz&redirect_uri=https%3A%2F%2Fclient%2Eexample%2Ecom%2Fcb',
      [
        ['response_type', 'code'],
        ['client_id', 's6BhdRkqt3'],
        ['state', 'xyz'],
        ['redirect_uri', 'https://client.example.com/cb'],
      ],
    ],
    ['the example of RFC 6749 appendix B', 'v=+%25%26%2B%C2%A3%E2%82%AC', [['v', ' %&+£€']]],
    ['lower-case hex digits', 'v=%c3%a9', [['v', 'é']]],
    ['raw UTF-8', octets('v=é€😀'), [['v', 'é€😀']]],
    ['raw and escaped UTF-8', octets('v=é%C3%A9+'), [['v', 'éé ']]],
    ['a byte order mark', 'v=%EF%BB%BFx', [['v', '\ufeffx']]],
    ['a raw byte order mark', octets('v=\ufeffx'), [['v', '\ufeffx']]],
    ['a plus sign for a space, also in a name', 'a+b=c+d', [['a b', 'c d']]],
    ['an escaped plus sign', 'v=%2B', [['v', '+']]],
    ['an equals sign in a value', 'v=a=b==', [['v', 'a=b==']]],
    [
      'each in its own segment: an equals sign, an escape, a plus sign',
      'a&b=1&&c+c&d%3D=e=&f=%26&g',
      [
        ['a', ''],
        ['b', '1'],
        ['c c', ''],
        ['d=', 'e='],
        ['f', '&'],
        ['g', ''],
      ],
    ],
    ['no equals sign', 'flag', [['flag', '']]],
    ['no value', 'login_hint=', [['login_hint', '']]],
    ['no name', '=x', [['', 'x']]],
    ['a semicolon, which separates nothing', 'state=a;code=b', [['state', 'a;code=b']]],
    [
      'empty segments',
      '&&a=1&&b=2&',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['escaped separators', 'v=%26code%3Db', [['v', '&code=b']]],
    ['twice-escaped text, once', 'v=%2541', [['v', '%41']]],
    ['a question mark in front', '?v=1', [['?v', '1']]],
    [
      'a repeated resource',
      'resource=a&resource=b',
      [
        ['resource', 'a'],
        ['resource', 'b'],
      ],
    ],
    [
      'a repeated audience',
      'audience=a&audience=a',
      [
        ['audience', 'a'],
        ['audience', 'a'],
      ],
    ],
    ['an empty state', 'state=', [['state', '']]],
    ['a state with space around it', 'state=+x+', [['state', ' x ']]],
    ['a tab in a password', 'password=p%09q', [['password', 'p\tq']]],
    ['a password that was encoded twice', 'password=%C3%83%C2%84', [['password', 'Ã\u0084']]],
    ['line ends in an assertion', 'assertion=AB%0D%0ACD%0A', [['assertion', 'AB\r\nCD\n']]],
    ['line ends in claims', 'claims=%7B%0D%0A%09%7D', [['claims', '{\r\n\t}']]],
  ])('%s', (_, text, entries) => {
    const { parameters, problems, lossless } = parseParameters(text);
    expect(parameters.entries).toEqual(entries);
    expect({ problems, lossless }).toEqual({ problems: [], lossless: true });
  });
});

describe('undecodable text', () => {
  test.each([
    ['a lone percent sign', 'v=%'],
    ['a percent sign and one digit', 'v=%4'],
    ['a percent sign and no hex', 'v=%ZZ'],
    ['a percent sign in a name', '%=v'],
    ['an octet that is no UTF-8', 'v=%FF'],
    ['a lone continuation octet', 'v=%80'],
    ['a UTF-8 sequence cut short', 'v=%E2%82'],
    ['an overlong slash', 'v=%C0%AF'],
    ['an overlong NUL', 'v=%C0%80'],
    ['half a surrogate pair', 'v=%ED%A0%80'],
    ['a code point beyond Unicode', 'v=%F4%90%80%80'],
    ['a raw octet that is no UTF-8', 'v=\xe9'],
    ['%u escapes', 'v=%u0041'],
  ])('%s', (_, text) => {
    const { parameters, problems, lossless } = parseParameters(`a=1&${text}&b=2`);
    expect({ problems, lossless }).toMatchObject({
      problems: [{ reason: 'parameter_malformed' }],
      lossless: false,
    });
    expect(parameters.entries).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });
});

describe('text that servers read differently', () => {
  test.each([
    ['an escaped NUL in a value', 'code=GOOD%00x'],
    ['an escaped NUL in the value of any parameter', 'scope=a%00'],
    ['an escaped NUL in a name', 'code%00x=GOOD'],
    ['a raw NUL in a value', 'code=GOOD\u0000x'],
    ['a raw NUL in the name of any parameter', 'x\u0000=1'],
    ['a line end behind a body', 'grant_type=authorization_code\r\n'],
    ['a line feed behind a body', 'v=1\n'],
    ['an escaped line end in a protocol parameter', 'state=a%0D%0Ab'],
    ['an escaped tab in a protocol parameter', 'state=a%09b'],
    ['DEL in a protocol parameter', 'state=a%7F'],
    ['a C1 control character in a protocol parameter', 'client_id=a%C2%80'],
    ['the last C1 control character in a list of words', 'scope=openid%C2%9F'],
    ['a raw C1 control character in a protocol parameter', 'state=a\xc2\x85b'],
    ['a C1 control character in the name of any parameter', 'x%C2%9B=1'],
    ['an escaped line end in a list of words', 'scope=openid%0Aemail'],
    ['an escaped tab in a list of words', 'scope=openid%09email'],
    ['another control character in the value of any parameter', 'x=a%01b'],
    ['another control character in JSON', 'claims=%7B%0C%7D'],
    ['NUL in JSON', 'claims=%7B%00%7D'],
    ['a line end in JSON as a protocol parameter', 'state=%7B%0A%7D'],
    ['a raw tab', 'scope=a\tb'],
    ['a control character in a name', 'x%0A=1'],
    ['brackets', 'code[]=x'],
    ['escaped brackets', 'code%5B0%5D=x'],
    ['brackets around a name', '[grant_type]=authorization_code'],
    ['upper case', 'Code=x'],
    ['a space behind a name', 'code%20=x'],
    ['a plus sign in front of a name', '+code=x'],
    ['a dot for an underscore', 'client.id=x'],
    ['a space for an underscore', 'client%20id=x'],
    ['space behind a code', 'code=x%20'],
    ['space in front of a grant_type', 'grant_type=+authorization_code'],
    ['a no-break space behind a verifier', `code_verifier=${A}%C2%A0`],
  ])('%s', (_, text) => {
    const { problems, lossless } = parseParameters(text);
    expect(lossless).toBe(true);
    expect([...new Set(problems.map(({ reason }) => reason))]).toEqual(['parameter_malformed']);
    expect(parseParameters(`scope=a&${text}`).problems[0]?.reason).toBe('parameter_malformed');
  });

  test.each([
    'client_id',
    'code',
    'code_challenge',
    'code_challenge_method',
    'code_verifier',
    'grant_type',
    'redirect_uri',
    'request',
    'request_uri',
    'response_mode',
    'response_type',
  ])('an empty %s counts as absent (RFC 6749 3.1)', (name) => {
    for (const empty of [`${name}=`, name]) {
      const { parameters, problems, lossless } = parseParameters(`scope=a&${empty}`);
      expect({ problems, lossless }).toEqual({ problems: [], lossless: true });
      expect(parameters.entries).toEqual([['scope', 'a']]);
      expect(parseParameters(`${empty}&${name}=x&${empty}`)).toMatchObject({
        problems: [],
        parameters: { entries: [[name, 'x']] },
      });
    }
  });

  test.each(['code=a&code=b', 'code=a&code=a', 'state=&state=', 'scope=a&scope=b', 'a=1&b=2&%61=3', '=1&=2'])(
    'a repeated parameter: %s',
    (text) =>
      expect(parseParameters(text)).toMatchObject({
        problems: [{ reason: 'parameter_repeated' }],
        lossless: true,
      }),
  );

  test.each([
    ['a.b-1=&a.b-1=', 'a.b-1'],
    ['%20Code%5B%5D=x', ' Code[]'],
    ['code+AD0-secret-0123=&code+AD0-secret-0123=', 'code…'],
    ['%00code+AD0-secret-0123=', 'code…'],
    ['%22%3A=&%22%3A=', '…'],
  ])('the name in %s is shown as %s', (text, shown) => {
    expect(parseParameters(text).problems[0]?.detail).toBe(shown);
  });

  test('every problem is reported in order, with its parameter', () => {
    const repeated = { reason: 'parameter_repeated', detail: 'code' };
    const malformed = { reason: 'parameter_malformed', detail: 'state' };
    expect(parseParameters('code=a&code=b&state=%00').problems).toEqual([repeated, malformed]);
    expect(parseParameters('state=%00&code=a&code=b').problems).toEqual([malformed, repeated]);
  });
});

describe('the reading of a server that splits at a semicolon', () => {
  test.each([
    'a=1;code=x',
    'client_id=a;client_id=b',
    'a=1;x;%63ode=x',
    'a=1;+Code+=x',
    'a=1;code',
    'code=x;',
  ])('%s hides it', (text) => expect(parseParameters(text).hidden).toBe(true));
  test.each(['a=1;b=2', 'scope=a;b', 'a=%3Bcode=x', 'code=x', ';', 'a=1;encode=x'])(
    '%s hides nothing',
    (text) => expect(parseParameters(text).hidden).toBe(false),
  );
});

test.each(['%00code=x', '%C2%85code=x', 'a%0acode=x', '\0c\0o\0d\0e=x', 'c\0o\0=%\0'])(
  'a control character in a name hides it: %j',
  (text) => expect(parseParameters(text).hidden).toBe(true),
);

describe('writing', () => {
  test('the text of RFC 6749 appendix B, a space as %20', () => {
    expect(new Parameters([['v', ' %&+£€']]).serialize()).toBe('v=%20%25%26%2B%C2%A3%E2%82%AC');
  });

  test('every character that RFC 3986 reserves is escaped', () => {
    expect(new Parameters([["!*'();:@&=+$,/?#[]", "!*'();:@&=+$,/?#[]"]]).serialize()).toBe(
      '%21%2A%27%28%29%3B%3A%40%26%3D%2B%24%2C%2F%3F%23%5B%5D=%21%2A%27%28%29%3B%3A%40%26%3D%2B%24%2C%2F%3F%23%5B%5D',
    );
  });

  test('unreserved characters stay', () => {
    expect(new Parameters([['A-z._~9', 'A-z._~9']]).serialize()).toBe('A-z._~9=A-z._~9');
  });

  test('a lone surrogate, as in JSON, does not throw', () => {
    expect(new Parameters([['state', 'a\ud800b']]).serialize()).toBe('state=a%EF%BF%BDb');
  });

  test('a parameter without a name stays', () => {
    expect(
      new Parameters([
        ['', ''],
        ['', 'x'],
      ]).serialize(),
    ).toBe('=&=x');
  });
});

describe('a list of parameters', () => {
  const list = new Parameters([
    ['a', '1'],
    ['b', ''],
    ['a', '2'],
  ]);

  test('first value, all values, presence', () => {
    expect(list.get('a')).toBe('1');
    expect(list.get('A')).toBeUndefined();
    expect(list.all('a')).toEqual(['1', '2']);
    expect(list.all('c')).toEqual([]);
    expect(list.has('b')).toBe(true);
    expect(list.has('c')).toBe(false);
  });

  test('is changed in a copy, at the same position', () => {
    expect(list.with('a', '3').serialize()).toBe('a=3&b=&a=2');
    expect(list.with('c', '3').serialize()).toBe('a=1&b=&a=2&c=3');
    expect(list.without('a', 'c').serialize()).toBe('b=');
    expect(list.serialize()).toBe('a=1&b=&a=2');
  });
});
