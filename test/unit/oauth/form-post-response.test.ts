import { describe, expect, test } from 'vitest';
import type { ResponseChanges } from '../../../src/oauth/authorization-response.ts';
import { parsePostForms, rewriteFormPostPage } from '../../../src/oauth/form-post-response.ts';

/** The example of OAuth 2.0 Form Post Response Mode 2, with the usual capitals of that page. */
const PAGE = `<html>
 <head><title>Submit This Form</title></head>
 <body onload="javascript:document.forms[0].submit()">
  <form method="post" action="https://client.example.org/callback">
    <input type="hidden" name="state"
     value="PRE_fix.DcP7csa3hMlvybERqcieLHrRzKBra"/>
    <input type="hidden" name="code" value="old"/>
  </form>
 </body>
</html>`;
const CHANGES: ResponseChanges = { prefix: 'PRE_fix.', hadState: true, code: 'N"W', iss: undefined };

const fields = (html: string) => parsePostForms(html)[0]?.inputs.map(({ name, value }) => [name, value]);

function rewrite(html: string, changes: Partial<ResponseChanges> = {}): string | undefined {
  const [form] = parsePostForms(html);
  if (form === undefined) throw new Error('no form');
  return rewriteFormPostPage(html, form, { ...CHANGES, ...changes });
}

describe('a page is read', () => {
  test('the example of the specification', () => {
    expect(parsePostForms(PAGE)).toMatchObject([{ action: 'https://client.example.org/callback' }]);
    expect(fields(PAGE)).toEqual([
      ['state', 'PRE_fix.DcP7csa3hMlvybERqcieLHrRzKBra'],
      ['code', 'old'],
    ]);
  });

  test.each<[what: string, html: string, fields: [string, string][]]>([
    [
      'capitals and no quotes',
      '<FORM METHOD=POST ACTION=/a><INPUT NAME=code VALUE=x></FORM>',
      [['code', 'x']],
    ],
    [
      'single quotes, other order',
      "<form action='/a' method='post'><input value='x' name='code'></form>",
      [['code', 'x']],
    ],
    [
      'entities',
      '<form method=post><input name="c&#111;de" value="a&amp;b&quot;&#x3c;"></form>',
      [['code', 'a&b"<']],
    ],
    [
      'the first of two attributes',
      '<form method=post><input name=code value=1 value=2></form>',
      [['code', '1']],
    ],
    ['no value', '<form method=post><input name=code></form>', [['code', '']]],
    ['a form that is not closed', '<form method=post><p><input name=code value=x>', [['code', 'x']]],
    [
      'nested elements',
      '<form method=post><div><p><span><input name=code value=x></div></form>',
      [['code', 'x']],
    ],
    [
      'a comment',
      '<form method=post><!-- <input name=code value=1> --><input name=state value=2></form>',
      [['state', '2']],
    ],
    [
      'a script',
      '<form method=post><script>"<input name=code>"</script><input name=state></form>',
      [['state', '']],
    ],
    ['a text area', '<form method=post><textarea><input name=code></textarea></form>', []],
    [
      'a form in a table, which it does not hold to the parser',
      '<table><form method=post><tr><td><input name=code value=x></td></tr></form></table>',
      [['code', 'x']],
    ],
    ['inputs behind its end', '<form method=post></form><input name=code value=x>', []],
    ['an input without a name', '<form method=post><input value=x></form>', []],
  ])('%s', (_, html, expected) => expect(fields(html)).toEqual(expected));

  test.each([
    ['a form that gets', '<form method=get><input name=code></form>'],
    ['a form that does not say', '<form><input name=code></form>'],
    ['a form in a comment', '<!-- <form method=post><input name=code></form> -->'],
    ['a form in a script', '<script>var x = "<form method=post><input name=code></form>"</script>'],
    ['no page', '{"code": "x"}'],
    ['nothing', ''],
  ])('%s is none', (_, html) => expect(parsePostForms(html)).toEqual([]));

  test('several forms', () =>
    expect(
      parsePostForms('<form method=post action=/a></form><form method=post action=/b></form>').map(
        ({ action }) => action,
      ),
    ).toEqual(['/a', '/b']));
});

describe('a page is rewritten', () => {
  test('the example of the specification, every other octet as it was', () => {
    expect(rewrite(PAGE)).toBe(PAGE.replace('PRE_fix.', '').replace('"old"', '"N&#34;W"'));
  });

  test.each([
    ['no quotes', '<form method=post><input name=code value=old><input name=state value=PRE_fix.s></form>'],
    [
      'single quotes',
      "<form method=post><input value='old' name='code'><input value='PRE_fix.s' name='state'></form>",
    ],
    [
      'space around the equals sign',
      '<form method=post><input name = code value = old><input name=state value = "PRE_fix.s"></form>',
    ],
    ['capitals', '<FORM METHOD=POST><INPUT NAME=code VALUE=old><INPUT VALUE="PRE_fix.s" NAME=state></FORM>'],
    [
      'line ends of any kind',
      '<form\r\nmethod=post>\r<input\r\nname=code\nvalue="old">\r\n<input\r\nname=state value="PRE_fix.s"></form>',
    ],
    [
      'letters before it',
      '\xc3\xa9\ud83d\ude00<form method=post><input name=code value=old><input name=state value=PRE_fix.s></form>',
    ],
    [
      'the prefix in other attributes',
      '<form method=post><input id="PRE_fix." name=code value=old><input data-x="PRE_fix.s" name=state value="PRE_fix.s"></form>',
    ],
    [
      'a prefix that is escaped',
      '<form method=post><input name=code value=old><input name=state value="&#80;RE&lowbar;fix&#x2e;s"></form>',
    ],
    [
      'a self-closing tag',
      '<form method=post><input name=code value=old /><input name=state value="PRE_fix.s"/></form>',
    ],
  ])('%s', (_, html) =>
    expect(fields(rewrite(html) ?? '')).toEqual([
      ['code', 'N"W'],
      ['state', 's'],
    ]),
  );

  test('a client that sent no state gets none', () => {
    expect(fields(rewrite(PAGE, { hadState: false }) ?? '')).toEqual([['code', 'N"W']]);
    expect(rewrite(PAGE, { hadState: false, code: undefined })).not.toContain('PRE_fix.');
  });

  test('the rest of a state stays as it was escaped', () => {
    const html = '<form method=post><input name="state" value="PRE_fix.a&amp;b&#34;c"></form>';
    expect(rewrite(html)).toBe('<form method=post><input name="state" value="a&amp;b&#34;c"></form>');
  });

  test('an empty state does not take in what stands behind it', () => {
    const html = '<form method=post><input name=state value=PRE_fix. type=hidden></form>';
    expect(rewrite(html)).toBe('<form method=post><input name=state value="" type=hidden></form>');
  });

  test('the state of somebody else, and other inputs, stay', () => {
    const html = '<form method=post><input name=state value=mine><input name=x value=PRE_fix.></form>';
    expect(rewrite(html)).toBe(html);
  });

  test('a value that had no quotes cannot end those it gets', () => {
    const html = '<form method=post><input name=state value=PRE_fix.a"b></form>';
    expect(fields(rewrite(html) ?? '')).toEqual([['state', 'a"b']]);
  });

  test('each form has its own inputs', () => {
    const html = `${PAGE}<form method=post action=/other><input name=code value=other></form>`;
    expect(parsePostForms(html).map(({ inputs }) => inputs.map(({ value }) => value))).toEqual([
      ['PRE_fix.DcP7csa3hMlvybERqcieLHrRzKBra', 'old'],
      ['other'],
    ]);
    expect(rewrite(html)).toContain('value=other');
  });

  test('nothing to change changes nothing', () =>
    expect(rewrite(PAGE, { prefix: undefined, code: undefined })).toBe(PAGE));

  test.each([
    ['a prefix in an odd reference', '<form method=post><input name=state value="PRE&#95fix.s"></form>'],
    ['a code without a value', '<form method=post><input name=code></form>'],
  ])('%s cannot be changed', (_, html) => expect(rewrite(html)).toBeUndefined());
});
