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

/** The possible findings about one thing. */
export function about(tried: string) {
  const advising =
    (mark: Finding['mark']) =>
    (seen: string, advice: string): Finding => ({ mark, tried, seen, advice });
  return {
    ok: (seen: string): Finding => ({ mark: 'ok', tried, seen }),
    warn: advising('warn'),
    problem: advising('problem'),
    unknown: advising('unknown'),
  };
}

/** Advice on what only a login can tell; true without and with `--login`. */
export const TRY_LOGIN = 'see the `login` lines of `doctor --login`';

/** Text from other servers, made fit for a terminal: printable, and of limited length. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 120);
}
