import { userInfo } from 'node:os';
import { findTool } from '../../support/test-tool.ts';
import { NotInstallable } from './not-installable.ts';
import { run } from './run.ts';

/** Another product may be installed at the same time. */
const WAIT = ['-o', 'DPkg::Lock::Timeout=300'];

/** Installs packages of Debian, as the machine's administrator. */
export async function installPackages(names: readonly string[]): Promise<void> {
  if (findTool('apt-get') === undefined) throw new NotInstallable(`no apt-get for ${names.join(' ')}`);
  const asRoot = userInfo().uid === 0 ? [] : ['sudo', '-n'];
  const apt = async (...args: readonly string[]) => {
    const [program = '', ...rest] = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
    await run(program, rest);
  };
  await apt('update', '-qq', ...WAIT);
  await apt('install', '-y', '-qq', '--no-install-recommends', ...WAIT, ...names);
}
