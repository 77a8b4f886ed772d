import { escapeHtml, formPostPage } from '../pages.ts';

type Fields = readonly (readonly [name: string, value: string])[];
type Page = (action: string, fields: Fields) => string;

/** Variants of pages that post an authorization response (OAuth 2.0 Form Post Response Mode). */
export type FormPostShape = keyof typeof SHAPES;

export function shapedFormPostPage(shape: FormPostShape, action: string, fields: Fields): string {
  return SHAPES[shape](action, fields);
}

const SHAPES = {
  usual: formPostPage,
  single_quotes: (action, fields) =>
    around(
      `<form method='post' action='${escapeHtml(action)}'>`,
      fields.map(([name, value]) => `<input type='hidden' name='${name}' value='${escapeHtml(value)}'/>`),
    ),
  unquoted: (action, fields) =>
    around(
      `<form method=post action=${references(action, /[\s"'=<>`&]/g)}>`,
      fields.map(
        ([name, value]) => `<input value=${references(value, /[\s"'=<>`&]/g)} type=hidden name=${name}>`,
      ),
    ),
  upper_case: (action, fields) =>
    around(
      `<FORM NAME="F" ACTION="${escapeHtml(action)}"\r\n METHOD="POST">`,
      fields.map(
        ([name, value]) => `<INPUT VALUE = "${escapeHtml(value)}"\r\n\tTYPE="HIDDEN" NAME="${name}">`,
      ),
    ),
  extra_inputs: (action, fields) =>
    around(
      `<!-- <input name="code" value="a comment"> --><form method="post" action="${escapeHtml(action)}">`,
      [
        '<input type="hidden" name="__VIEWSTATE" value="code=1&amp;state=2">',
        ...fields.map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`),
        '<input type="submit" value="state"><script>var code = "<input name=code value=x>"</script>',
      ],
    ),
  /** Escapes every character other than letters and digits, as careful template engines do. */
  entities: (action, fields) =>
    around(
      `<form method="post" action="${references(action, /[^A-Za-z0-9]/gu)}">`,
      fields.map(
        ([name, value]) =>
          `<input type="hidden" name="${name}" value="${references(value, /[^A-Za-z0-9]/gu)}">`,
      ),
    ),
  /** The form is at an invalid place in a table, so the parser leaves it empty, with the inputs beside it. */
  in_table: (action, fields) =>
    around(
      `<table><form method="post" action="${escapeHtml(action)}"><tr><td>`,
      fields.map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`),
      '</td></tr></form></table>',
    ),
  two_codes: (action, fields) => formPostPage(action, [...fields, ['code', 'a-second-code']]),
  two_states: (action, fields) => formPostPage(action, [['state', 'a-second-state'], ...fields]),
} satisfies Record<string, Page>;

function around(form: string, inputs: readonly string[], end = '</form>'): string {
  return `<!DOCTYPE html><html><body onload="document.forms[0].submit()">\n${form}\n${inputs.join('\n')}\n${end}</body></html>\n`;
}

function references(text: string, characters: RegExp): string {
  return text.replace(characters, (character) => `&#x${character.codePointAt(0)?.toString(16)};`);
}
