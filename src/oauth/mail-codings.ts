/** A coding that some servers undo in a form, as mail is read. A text may come in pieces. */
export type Coding = {
  readonly undo: (text: string) => {
    readonly settled: string;
    /** The end of the text, as it was, where it reads differently by what comes next. */
    readonly open: string;
  };
  /** What is open, as far as that can be said. */
  readonly undoOpen: (open: string) => string;
};

/** RFC 2045 6.7: some multipart parsers are mail parsers. */
export const SOFT_LINES: Coding = {
  undo: (text) => {
    const open = text.endsWith('=') ? '=' : '';
    return { settled: withoutEnd(text, open).replaceAll('=\n', ''), open };
  },
  undoOpen: () => '',
};

/** The octets of quoted-printable. */
export const OCTETS: Coding = {
  undo: (text) => {
    const open = /=[0-9a-f]?$/i.exec(text.slice(-2))?.[0] ?? '';
    const settled = withoutEnd(text, open).replace(/=([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return { settled, open };
  },
  undoOpen: () => '',
};

/**
 * RFC 2152: letters may come in base64, `_` as `+AF8-`. One run may hide the beginning of another, as base64 has a `+` of its
 * own; so those that begin with an ASCII letter are looked at, and those that begin with anything (`+AOkAIgA7` is `é";`).
 */
export const UTF7_FROM_ASCII = utf7(/\+(A[A-H][A-Za-z0-9+/]{1,398})-?/g, /\+(?:A[A-H]?)?$/);
export const UTF7_FROM_ANYTHING = utf7(/\+([A-Za-z0-9+/]{3,400})-?/g, /\+[A-Za-z0-9+/]{0,2}$/);

/** `beginning`: at the end of a text, of what may become a run. */
function utf7(run: RegExp, beginning: RegExp): Coding {
  return {
    undo: (text) => {
      let closed = 0;
      let open = '';
      const undone = text.replace(run, (match, encoded: string, at: number) => {
        closed = at + match.length;
        if (closed < text.length || match.endsWith('-')) return decodeUtf7(encoded);
        open = match;
        return '';
      });
      if (open !== '') return { settled: undone, open };
      const begun = beginning.exec(text.slice(Math.max(closed, text.length - 3)))?.[0] ?? '';
      return { settled: withoutEnd(undone, begun), open: begun };
    },
    undoOpen: (open) => open.replace(run, (_, encoded: string) => decodeUtf7(encoded)),
  };
}

function decodeUtf7(encoded: string): string {
  return Buffer.from(encoded, 'base64').toString('latin1').replaceAll('\0', '');
}

function withoutEnd(text: string, end: string): string {
  return text.slice(0, text.length - end.length);
}

/** White space without end would push a name out of sight of its value. An empty line, which ends the headers of a part, stays one. */
export function squeeze(text: string): string {
  // Single spaces and line ends, most of all white space, are left alone.
  return text.replace(/[^\S \n]\s*|[ \n]\s+/g, (run) => {
    const lineEnds = run.split('\n').length - 1;
    return lineEnds === 0 ? ' ' : lineEnds === 1 ? '\n' : '\n\n';
  });
}

/** At least so many characters from the end of a squeezed text: only as much of it is looked at as that takes. */
export function squeezeEnd(text: string, length: number): string {
  for (let size = 2 * length; size < text.length; size *= 4) {
    const end = squeeze(text.slice(-size));
    // The cut may go through white space, of which two characters remain at most.
    if (end.length >= length + 2) return end;
  }
  return squeeze(text);
}
