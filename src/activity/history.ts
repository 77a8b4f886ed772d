import { setImmediate } from 'node:timers/promises';
import { UNLISTED } from '../policy/client-policy.ts';
import { type ActivityStore, dayOf, dayRecord, momentOf, PERIOD_DAYS, periodDays } from './activity-store.ts';
import { LAST } from './counted.ts';
import { UNLISTED_LIMIT } from './known-clients.ts';

/** The activity of one client on one day. */
export type ClientDay = {
  readonly counts: ReadonlyMap<string, number>;
  /** The last violation, or the last fault of the upstream. Epoch milliseconds. */
  readonly last: { readonly at: number; readonly what: string } | undefined;
};

/** The activity of one client on each day of the period, oldest first; `undefined` for a day without activity. */
export type History = (ClientDay | undefined)[];

export function emptyHistory(): History {
  return new Array<undefined>(PERIOD_DAYS).fill(undefined);
}

type Source = Pick<ActivityStore, 'loadActivity'>;
type Day = ReadonlyMap<string, ClientDay>;

/** Milliseconds after which a past day is read again: a replica that was disconnected may still add to it. */
const GOOD_FOR = 60_000;

/** Past days that were read recently. */
export class PastDays {
  readonly #kept = new Map<string, { readonly at: number; readonly day: Day }>();

  /** Throws a `StoreFault`. */
  async load(store: Source, issuer: string, day: number, now: number): Promise<Day> {
    for (const [key, { at }] of this.#kept) if (now - at >= GOOD_FOR) this.#kept.delete(key);
    const record = dayRecord(issuer, day);
    const kept = this.#kept.get(record);
    if (kept !== undefined) return kept.day;
    const loaded = parseDay(await store.loadActivity(record));
    if (day < dayOf(now)) this.#kept.set(record, { at: now, day: loaded });
    return loaded;
  }
}

/** Reads the period of one issuer, by client. Throws a `StoreFault`. */
export async function loadHistories(
  store: Source,
  issuer: string,
  now: number,
  past = new PastDays(),
): Promise<Map<string, History>> {
  const histories = new Map<string, History>();
  for (const [index, day] of periodDays(now).entries()) {
    for (const [name, did] of await past.load(store, issuer, day, now)) {
      const history = histories.get(name) ?? emptyHistory();
      history[index] = did;
      histories.set(name, history);
    }
    // A store in memory answers everything in one turn of the event loop, which would delay logins.
    await setImmediate();
  }
  return histories;
}

/** What is damaged counts nothing. */
function parseDay(record: ReadonlyMap<string, string>): Day {
  const day = new Map<string, { counts: Map<string, number>; last: ClientDay['last'] }>();
  for (const [field, text] of record) {
    const space = field.indexOf(' ');
    const [what, name] = [field.slice(0, space), field.slice(space + 1)];
    const did = day.get(name) ?? { counts: new Map(), last: undefined };
    day.set(name, did);
    if (what === LAST) {
      const [seconds = '', last = ''] = text.split(' ');
      const at = momentOf(seconds);
      if (at !== undefined) did.last = { at, what: last };
    } else if (Number.isSafeInteger(Number(text))) did.counts.set(what, Number(text));
  }
  return day;
}

export function mergeHistory(into: History, from: History): void {
  for (const [index, day] of from.entries()) {
    if (day !== undefined) into[index] = into[index] === undefined ? day : sumOf([into[index], day]);
  }
}

/** Several days as one. */
export function sumOf(days: History): ClientDay {
  const counts = new Map<string, number>();
  let last: ClientDay['last'];
  for (const day of days) {
    for (const [what, number] of day?.counts ?? []) counts.set(what, (counts.get(what) ?? 0) + number);
    if (day?.last !== undefined && (last === undefined || last.at <= day.last.at)) last = day.last;
  }
  return { counts, last };
}

/** The client ids without an entry that received the most codes, which only the upstream can issue. */
export function busiestUnlisted(histories: ReadonlyMap<string, History>): string[] {
  const codes = (history: History) =>
    history.reduce((sum, day) => sum + (day?.counts.get('unlisted') ?? 0), 0);
  return [...histories]
    .map(([name, history]) => ({ name, codes: codes(history) }))
    .filter((one) => one.codes > 0 && one.name !== UNLISTED)
    .sort((one, other) => other.codes - one.codes || (one.name < other.name ? -1 : 1))
    .slice(0, UNLISTED_LIMIT)
    .map(({ name }) => name);
}
