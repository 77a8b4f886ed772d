import { readFileSync } from 'node:fs';

/** The files that the pages load, by the path at which they are served. */
export type Asset = { readonly contentType: string; readonly body: string };

export const ASSETS: ReadonlyMap<string, Asset> = new Map([
  ['/status.css', asset('status.css', 'text/css; charset=utf-8')],
  ['/status.js', asset('status.js', 'text/javascript; charset=utf-8')],
  ['/status.svg', asset('status.svg', 'image/svg+xml')],
]);

function asset(file: string, contentType: string): Asset {
  return { contentType, body: readFileSync(new URL(file, import.meta.url), 'utf8') };
}
