import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { type Listener, listen } from './listener.ts';

/** An npm registry that has one package; for all others it redirects to `upstream`. */
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
    // npm heeds a package's own shrinkwrap where the registry says that there is one.
    const versions = { [version]: { ...manifest, _hasShrinkwrap: true, dist } };
    return response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }));
  });
  return listen(server);
}
