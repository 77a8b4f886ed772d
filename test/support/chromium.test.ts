import { expect, test } from 'vitest';
import { findChromium } from './chromium.ts';

test('without Chromium, it says which package to install', () => {
  expect(() => findChromium('/nowhere:/neither/here')).toThrow('install the Debian package `chromium`');
});
