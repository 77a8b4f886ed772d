import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { type Listener, listen } from './listener.ts';

/** An npm registry with one package, which redirects to `upstream` for all others. */
export async function startPackageRegistry(
  manifest: { readonly name: string; readonly version: string },
  tarball: Buffer,
  upstream: string,
): Promise<Listener> {
  const { name, version } = manifest;
  const file = `/${name}/-/${name}-${version}.tgz`;
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const server = createServer(({ url = '', headers: { host } }, response) => {
    if (url === file) return response.end(tarball);
    if (url !== `/${name}`) return response.writeHead(302, { Location: new URL(url, upstream).href }).end();
    const dist = { tarball: `http://${host}${file}`, integrity };
    // npm uses a package's own shrinkwrap if the registry announces it.
    const versions = { [version]: { ...manifest, _hasShrinkwrap: true, dist } };
    return response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }));
  });
  return listen(server);
}
