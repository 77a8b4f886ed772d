import type { Page } from 'playwright-core';

/** What the person before the browser knows and wants. */
export type Visitor = {
  readonly username: string;
  readonly password: string;
  readonly consents: boolean;
};

/** A page of the server on which the visitor does something that leads to another page. */
export type Screen = {
  /** `login`, `consent`. */
  readonly name: string;
  /** What is visible on this page and on no other. */
  readonly selector: string;
  /** Fills in, and clicks what leads on. */
  act(page: Page, visitor: Visitor): Promise<void>;
};

export function loginScreen(fields: { username: string; password: string; submit: string }): Screen {
  return {
    name: 'login',
    selector: fields.password,
    async act(page, { username, password }) {
      await page.locator(fields.username).fill(username);
      await page.locator(fields.password).fill(password);
      await page.locator(fields.submit).click();
    },
  };
}

export function consentScreen(buttons: { allow: string; deny: string }): Screen {
  return {
    name: 'consent',
    selector: buttons.allow,
    async act(page, { consents }) {
      await page.locator(consents ? buttons.allow : buttons.deny).click();
    },
  };
}
