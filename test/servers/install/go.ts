import { findTool } from '../../support/test-tool.ts';
import { installPackages } from './install-packages.ts';
import { run } from './run.ts';

/** Go downloads the release that a module requires by itself. */
export async function installGo(): Promise<void> {
  if (findTool('go') === undefined) await installPackages(['golang-go']);
}

/** Compiles the module in a folder to the program `server` in it. */
export async function buildGoServer(folder: string): Promise<void> {
  await run('go', ['mod', 'tidy'], { cwd: folder });
  await run('go', ['build', '-o', 'server', '.'], { cwd: folder, env: { CGO_ENABLED: '0' } });
}
