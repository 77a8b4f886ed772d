import { createHash } from 'node:crypto';
import { cp, glob, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isThere } from '../../install/install.ts';
import { javaHome, runMaven } from '../../install/java.ts';
import { startService } from '../../install/service.ts';
import type { Product, RunningProduct, StartOptions } from '../../product.ts';

type Application = Omit<Product, 'install' | 'start'> & {
  /** The folder with `pom.xml` and `src`, beside this file. */
  readonly source: string;
  readonly paths: RunningProduct['paths'];
  /** The properties of Spring Boot, as its application.yaml has them. */
  properties(options: StartOptions): Readonly<Record<string, unknown>>;
};

/** An application as in Spring's guides: a build file, a class, and properties. */
export function springApplication({ source, paths, properties, ...product }: Application): Product {
  const project = fileURLToPath(new URL(source, import.meta.url));
  return {
    ...product,
    async install(folder) {
      const jar = await jarFile(folder, project);
      if (!(await isThere(jar))) await build(project, folder, jar);
      return product.release;
    },
    async start(options) {
      const config = join(options.data, 'application.yaml');
      // Its own error page contains the time, so no two are equal.
      const error = { whitelabel: { enabled: false } };
      const server = { port: options.port, address: '127.0.0.1', error };
      // JSON is YAML too.
      await writeFile(config, JSON.stringify({ server, ...properties(options) }));
      const service = await startService({
        program: join(await javaHome(), 'bin/java'),
        args: [
          '-Xmx256m',
          '-XX:TieredStopAtLevel=1',
          '-jar',
          await jarFile(options.installation, project),
          `--spring.config.location=file:${config}`,
        ],
        data: options.data,
        port: options.port,
        readyPath: '/login',
      });
      return { ...service, paths };
    },
  };
}

/** Its name contains a digest of its sources, so that a change causes a new build. */
async function jarFile(folder: string, project: string): Promise<string> {
  const digest = createHash('sha256');
  const sources: string[] = [];
  for await (const source of glob('{pom.xml,src/**/*.java}', { cwd: project })) sources.push(source);
  for (const source of sources.sort()) digest.update(await readFile(join(project, source)));
  return join(folder, `server-${digest.digest('hex').slice(0, 12)}.jar`);
}

async function build(project: string, folder: string, jar: string): Promise<void> {
  const copy = await mkdtemp(join(folder, 'build-'));
  await cp(project, copy, { recursive: true });
  await runMaven(folder, ['package'], copy);
  await rename(join(copy, 'target/server.jar'), jar);
  await rm(copy, { recursive: true });
}
