import { join } from 'node:path';
import { installPackages } from './install-packages.ts';
import { run } from './run.ts';

/** A virtual environment in `folder` with these packages. */
export async function installPythonPackages(folder: string, packages: readonly string[]): Promise<void> {
  const makeEnvironment = () => run('python3', ['-m', 'venv', folder]);
  // Debian has this in a separate package.
  await makeEnvironment().catch(async () => {
    await installPackages(['python3', 'python3-venv']);
    await makeEnvironment();
  });
  await run(join(folder, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages]);
}
