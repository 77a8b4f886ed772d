import { afterEach, expect, test, vi } from 'vitest';
import { openVisitingBrowser } from '../../../src/doctor/visiting-browser.ts';

afterEach(() => vi.useRealTimers());

test('a browser that does not come back is waited for as long as the text says', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const shown: string[] = [];
  const terminal = {
    show: (text: string) => void shown.push(text),
    readLine: () => new Promise<never>(() => {}),
  };
  await using browser = await openVisitingBrowser(new URL('https://app.example.com/cb'), terminal);
  const visit = browser.visit('https://idp.example.com/authorize?x=y');
  expect(shown).toEqual([
    `Open this address in a browser and log in:

  https://idp.example.com/authorize?x=y

doctor waits up to 10 minutes for the address that the browser shows at the end. It begins with https://app.example.com/cb; paste all of it:`,
  ]);
  await vi.advanceTimersByTimeAsync(10 * 60_000);
  expect(await visit).toBeUndefined();
});
