import type { Page } from 'playwright-core';
import type { Screen, Visitor } from './screen.ts';

/** How the browser returned to the client. */
export type Arrival = {
  readonly parameters: URLSearchParams;
  readonly via: 'query' | 'fragment' | 'form_post';
};

/** The pages that the visitor saw, by screen name; an unknown page ends it. */
export type Journey = {
  readonly pages: readonly string[];
  readonly arrival: Arrival | undefined;
};

export type JourneyOptions = {
  readonly screens: readonly Screen[];
  readonly visitor: Visitor;
  readonly redirectUri: string;
  /** The client's last form_post, if any. */
  readonly lastPost: () => URLSearchParams | undefined;
  /** Stops after this number of pages. Default: continues to the end. */
  readonly mostPages?: number;
};

const TOO_MANY_PAGES = 12;

/** Completes each page until the browser is at the client, or at a page without a next step. */
export async function travel(page: Page, options: JourneyOptions): Promise<Journey> {
  const pages: string[] = [];
  while (pages.length < TOO_MANY_PAGES) {
    if (pages.length === options.mostPages) {
      await page.waitForLoadState('load');
      return { pages, arrival: undefined };
    }
    const shown = await seen(page, options);
    if (shown === 'client') return { pages: [...pages, 'client'], arrival: arrivalAt(page, options) };
    if (shown === undefined) return { pages: [...pages, await titleOf(page)], arrival: undefined };
    pages.push(shown.name);
    await leave(page, () => shown.act(page, options.visitor));
  }
  throw new Error(`the visitor goes round in circles: ${pages.join(' → ')}`);
}

/** Clicks and waits for the page that follows. Some pages continue by themselves, as Keycloak's after a login in another tab. */
async function leave(page: Page, act: () => Promise<void>): Promise<void> {
  const left = page.waitForEvent('framenavigated', { predicate: (frame) => frame === page.mainFrame() });
  const acted = act();
  // If the page continues by itself meanwhile, there is nothing left to click.
  acted.catch(() => {});
  await Promise.race([left, acted.then(() => left)]);
}

async function seen(page: Page, options: JourneyOptions): Promise<Screen | 'client' | undefined> {
  await page.waitForLoadState('load');
  const shown = await look(page, options);
  if (shown !== undefined) return shown;
  // A script may still show a form, or continue.
  await page.waitForLoadState('networkidle');
  return look(page, options);
}

async function look(
  page: Page,
  { screens, redirectUri }: JourneyOptions,
): Promise<Screen | 'client' | undefined> {
  if (isAt(page, redirectUri)) return 'client';
  for (const screen of screens) if (await page.locator(screen.selector).first().isVisible()) return screen;
  return undefined;
}

function isAt(page: Page, redirectUri: string): boolean {
  const [url, client] = [new URL(page.url()), new URL(redirectUri)];
  return url.origin === client.origin && url.pathname === client.pathname;
}

function arrivalAt(page: Page, { lastPost }: JourneyOptions): Arrival {
  const url = new URL(page.url());
  if (url.hash !== '') return { parameters: new URLSearchParams(url.hash.slice(1)), via: 'fragment' };
  const post = url.search === '' ? lastPost() : undefined;
  return post === undefined
    ? { parameters: url.searchParams, via: 'query' }
    : { parameters: post, via: 'form_post' };
}

async function titleOf(page: Page): Promise<string> {
  const title = await page.title();
  return `page: ${title === '' ? (await page.locator('body').innerText()).slice(0, 200) : title}`;
}
