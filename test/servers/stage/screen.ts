import type { Page } from 'playwright-core';

/** The visitor's credentials and decisions. */
export type Visitor = {
  readonly username: string;
  readonly password: string;
  readonly consents: boolean;
};

/** A page of the server with an action that leads to another page. */
export type Screen = {
  /** `login`, `consent`. */
  readonly name: string;
  /** A selector that is visible only on this page. */
  readonly selector: string;
  /** Fills in the page, and clicks to continue. */
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
