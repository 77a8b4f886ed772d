import { glob } from 'node:fs/promises';
import { findTool } from '../../support/test-tool.ts';
import { orNotInstallable } from './install.ts';
import { installPackages } from './install-packages.ts';
import { NotInstallable } from './not-installable.ts';
import { run } from './run.ts';

/** The releases that run every product. Debian 12 has the first, Debian 13 the second. */
const RELEASES = [17, 21];

/** The home of a Java development kit: the machine's, or else Debian's. */
export async function javaHome(): Promise<string> {
  const installed = await findJava();
  if (installed !== undefined) return installed;
  for (const release of RELEASES) {
    // A release of Debian has one of them; a missing other one is no error.
    await installPackages([`openjdk-${release}-jdk-headless`]).catch(() => undefined);
    const home = await findJava();
    if (home !== undefined) return home;
  }
  throw new NotInstallable(`there is neither Java ${RELEASES.join(' nor Java ')}`);
}

async function findJava(): Promise<string | undefined> {
  for (const release of RELEASES) {
    const compilers = glob(`/usr/lib/jvm/{java-${release}-openjdk,temurin-${release}-jdk}-*/bin/javac`);
    for await (const compiler of compilers) return compiler.slice(0, -'/bin/javac'.length);
  }
  return undefined;
}

/** Runs Maven in a folder, and keeps its downloads in the folder's `maven`. */
export async function runMaven(folder: string, args: readonly string[], cwd = folder): Promise<void> {
  const home = await javaHome();
  await orNotInstallable('Maven', async () => {
    if (findTool('mvn') === undefined) await installPackages(['maven']);
    const usual = ['--batch-mode', '--quiet', `-Dmaven.repo.local=${folder}/maven`];
    await run('mvn', [...usual, ...args], { cwd, env: { JAVA_HOME: home } });
  });
}
