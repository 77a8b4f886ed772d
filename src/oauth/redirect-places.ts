import { placeOf } from './redirect-uri.ts';

type Site<Owner> = {
  readonly paths: Map<string, Owner[]>;
  /** Characters of the longest registered path: no longer path is looked up. */
  longest: number;
};

/** The owners of the place that a URL leads to. Compared loosely, because this decides what to withhold. */
export class RedirectPlaces<Owner> {
  readonly #sites = new Map<string, Site<Owner>>();

  /** Registers a redirect_uri with one of its owners; all those of an owner one after the other. */
  add(redirectUri: string, owner: Owner): void {
    const target = URL.parse(redirectUri);
    if (target === null) return;
    const { origin, path } = placeOf(target);
    let site = this.#sites.get(origin);
    if (site === undefined) {
      site = { paths: new Map(), longest: 0 };
      this.#sites.set(origin, site);
    }
    site.longest = Math.max(site.longest, path.length);
    const owners = site.paths.get(path);
    if (owners === undefined) site.paths.set(path, [owner]);
    else if (owners.at(-1) !== owner) owners.push(owner);
  }

  /**
   * The owners of the registered place that this URL leads to; for https also those of the nearest place above it, because pages of
   * its origin can read everything below.
   */
  ownersOf(target: URL | undefined): readonly Owner[] {
    if (target === undefined || this.#sites.size === 0) return [];
    const { origin, path } = placeOf(target);
    const site = this.#sites.get(origin);
    if (site === undefined) return [];
    const exact = site.paths.get(path);
    if (exact !== undefined || target.protocol !== 'https:') return exact ?? [];
    for (let end = path.lastIndexOf('/', site.longest); end !== -1; end = path.lastIndexOf('/', end - 1)) {
      const above = site.paths.get(path.slice(0, end + 1)) ?? site.paths.get(path.slice(0, end));
      if (above !== undefined) return above;
      if (end === 0) break;
    }
    return [];
  }
}
