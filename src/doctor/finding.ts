/**
 * What one probe tried, what it saw, and what to do. `unknown`: a probe from outside cannot determine it; the advice says what
 * can. A finding contains no secret.
 */
export type Finding = {
  readonly mark: 'ok' | 'warn' | 'problem' | 'unknown';
  readonly tried: string;
  readonly seen: string;
  readonly advice?: string;
};

export function ok(tried: string, seen: string): Finding {
  return { mark: 'ok', tried, seen };
}

export const warn = advising('warn');
export const problem = advising('problem');
export const unknown = advising('unknown');

/** Advice on what only a login can tell; true without and with `--login`. */
export const TRY_LOGIN = 'see the `login` lines of `doctor --login`';

function advising(mark: Finding['mark']) {
  return (tried: string, seen: string, advice: string): Finding => ({ mark, tried, seen, advice });
}

/** Text from other servers, made fit for a terminal: printable, and of limited length. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 120);
}
