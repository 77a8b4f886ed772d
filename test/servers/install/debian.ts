import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NotInstallable } from './not-installable.ts';
import { run } from './run.ts';

/** Packages that every Debian has, and that must not be mixed with another release. */
const OF_THE_SYSTEM = /^(perl|perl-base|perl-modules-[\d.]+|libperl[\d.]+|libc6|libc-bin|libssl3\w*)_/;

/**
 * Unpacks Debian packages and their dependencies below `folder` instead of installing them, so that no service starts and
 * the machine stays unchanged. Returns the version of the first package.
 */
export async function unpackDebianPackages(folder: string, packages: readonly string[]): Promise<string> {
  const done = join(folder, 'version');
  const known = await readFile(done, 'utf8').catch(() => undefined);
  if (known !== undefined) return known;
  await access('/usr/bin/apt-get').catch(() => {
    throw new NotInstallable('this machine has no apt-get: it is no Debian');
  });
  const archives = join(folder, 'archives');
  await mkdir(join(archives, 'partial'), { recursive: true });
  await run('apt-get', ['update', '-qq', '-o', 'DPkg::Lock::Timeout=300']);
  await run('apt-get', [
    ...['install', '-y', '-qq', '--download-only', '--no-install-recommends', '--reinstall'],
    ...['-o', `Dir::Cache::archives=${archives}`, '-o', 'DPkg::Lock::Timeout=300'],
    ...['-o', 'APT::Sandbox::User=root'],
    ...packages,
  ]);
  for (const archive of await readdir(archives)) {
    if (!archive.endsWith('.deb') || OF_THE_SYSTEM.test(archive)) continue;
    await run('dpkg-deb', ['-x', join(archives, archive), folder]);
  }
  const [first = ''] = packages;
  const archive = (await readdir(archives)).find((name) => name.startsWith(`${first}_`)) ?? '';
  const version = (await run('dpkg-deb', ['-f', join(archives, archive), 'Version'])).trim();
  await writeFile(done, version);
  return version;
}
