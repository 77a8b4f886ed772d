import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/support/free-port.ts';
import { CLIENT_ID, REDIRECT_URI } from './load.ts';
import { type BenchProcess, CPUS, startProcess } from './processes.ts';

/** A proxy under test. */
export type Contender = AsyncDisposable & {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
};

/** What a contender is started with. */
export type Lab = {
  readonly upstreamPort: number;
  readonly redisPort: number;
  /** A folder for configurations and logs. */
  readonly directory: string;
};

type Start = (lab: Lab) => Promise<Contender>;

const HERE = fileURLToPath(new URL('.', import.meta.url));
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** The arguments that Node gets from the first line of an installed `pkce-gateway`. */
function packagedNodeArgs(): readonly string[] {
  const [shebang = ''] = readFileSync(MAIN, 'latin1').split('\n', 1);
  return shebang.split(' ').filter((word) => word.startsWith('--'));
}

/** The proxy that others are compared with: what Node and undici cost alone. */
export const BASELINE = 'undici, bare';
export const GATEWAY = 'pkce-gateway, Redis';
export const SEALED = 'pkce-gateway, sealed';
export const KEEP_ALIVE = 'http-proxy-3, keep-alive';
/** A new connection for each request. */
export const AS_IT_COMES = 'http-proxy-3, as it comes';
export const FASTIFY = '@fastify/http-proxy';
export const LUA = 'nginx, Lua and Redis';

/** All that can be started here. */
export function contenders(): ReadonlyMap<string, Start> {
  const all = new Map<string, Start>([
    [BASELINE, startBaseline],
    [GATEWAY, (lab) => startGateway(lab)],
    [SEALED, (lab) => startGateway(lab, { store: 'sealed' })],
    [KEEP_ALIVE, (lab) => startNodePeer(KEEP_ALIVE, 'http-proxy-3.ts', lab, 'keep-alive')],
    [AS_IT_COMES, (lab) => startNodePeer(AS_IT_COMES, 'http-proxy-3.ts', lab)],
    [FASTIFY, (lab) => startNodePeer(FASTIFY, 'fastify.ts', lab)],
  ]);
  if (spawnSync('nginx', ['-v']).status === 0) {
    all.set('nginx', (lab) => startNginx('nginx', lab, false));
    if (LUA_FILES.every(existsSync)) all.set(LUA, (lab) => startNginx(LUA, lab, true));
  }
  return all;
}

export function startBaseline(lab: Lab): Promise<Contender> {
  return startNodePeer(BASELINE, 'undici.ts', lab);
}

/** What is missing here, for the report. */
export function missingContenders(): readonly string[] {
  const missing = ['nginx', LUA].filter((name) => !contenders().has(name));
  return missing.map(
    (name) =>
      `${name}: apt-get install nginx-light libnginx-mod-http-lua lua-nginx-redis lua-nginx-string lua-resty-core`,
  );
}

async function startNodePeer(name: string, script: string, lab: Lab, ...args: string[]): Promise<Contender> {
  const upstream = `http://127.0.0.1:${lab.upstreamPort}`;
  const { process: peer, line } = await startProcess(
    [process.execPath, join(HERE, 'peers', script), upstream, ...args],
    { cpu: CPUS.proxy, ready: /^port \d+$/ },
  );
  return contender(name, Number(line.slice(5)), peer);
}

export type GatewayVariant = {
  /** Default: Redis. */
  readonly store?: 'sealed';
  /** Processes, and the CPUs that they may have. Default: one, on that of every proxy. */
  readonly workers?: { readonly count: number; readonly cpu: string };
  /** Further client entries, beside the one that logs in. */
  readonly furtherClients?: number;
  /** Arguments of node. */
  readonly nodeArgs?: readonly string[];
};

export type GatewayContender = Contender & { readonly adminUrl: string };

/** Everything on: enforce, wrapped codes, metrics, a log in a file, a store for several gateways. */
export async function startGateway(lab: Lab, variant: GatewayVariant = {}): Promise<GatewayContender> {
  const { store, workers = { count: 1, cpu: CPUS.proxy }, furtherClients = 0, nodeArgs = [] } = variant;
  const further = Array.from(
    { length: furtherClients },
    (_, i) => `      app-${i}: {redirect_uris: ["https://app-${i}.example.com/cb"]}\n`,
  );
  const file = join(lab.directory, `gateway-${store ?? 'redis'}-${workers.count}-${furtherClients}.yaml`);
  const redis = `{kind: redis, redis: {url: "redis://127.0.0.1:${lab.redisPort}/0", timeout: 5s}}`;
  const sealed = `{kind: sealed, sealed: {keys: ["${'k'.repeat(42)}A"]}}`;
  await writeFile(
    file,
    `listen: {address: "127.0.0.1:0"}
admin: {address: "127.0.0.1:0"}
workers: ${workers.count}
store: ${store === 'sealed' ? sealed : redis}
issuers:
  - name: corp
    upstream: {url: "http://127.0.0.1:${lab.upstreamPort}"}
    endpoints: {authorization: [/authorize], token: [/token]}
    defaults: {mode: enforce}
    clients:
      ${CLIENT_ID}: {redirect_uris: ["${REDIRECT_URI}"]}
${further.join('')}`,
  );
  const log = openSync(join(lab.directory, 'gateway.log'), 'a');
  try {
    const { process: gateway, line } = await startProcess(
      [process.execPath, ...packagedNodeArgs(), ...nodeArgs, MAIN, 'serve', '--config', file],
      {
        cpu: workers.cpu,
        ready: /listening on/,
        stderr: log,
        env: { NODE_COMPILE_CACHE: join(lab.directory, 'compiled') },
      },
    );
    const [, port, adminUrl = ''] = /listening on http:\/\/[^:]+:(\d+) \(admin ([^)]+)\)/.exec(line) ?? [];
    return { ...contender(store === 'sealed' ? SEALED : GATEWAY, Number(port), gateway), adminUrl };
  } finally {
    closeSync(log);
  }
}

/** Where Debian puts what the Lua check needs. */
const LUA_FILES = [
  '/usr/lib/nginx/modules/ngx_http_lua_module.so',
  '/usr/share/lua/5.1/nginx/redis.lua',
  '/usr/share/lua/5.1/nginx/sha256.lua',
];

async function startNginx(name: string, lab: Lab, lua: boolean): Promise<Contender> {
  const port = await freePort();
  const file = join(lab.directory, `${lua ? 'lua' : 'plain'}.conf`);
  const modules = ['ndk_http_module', 'ngx_http_lua_module'].map(
    (module) => `load_module /usr/lib/nginx/modules/${module}.so;`,
  );
  const template = await readFile(join(HERE, 'peers', 'nginx.conf'), 'utf8');
  const directives = lua
    ? `lua_package_path "${HERE}peers/?.lua;;";
  init_by_lua_block { check = require "check"; check.redis_port = ${lab.redisPort} }`
    : '';
  const locations = `location = /authorize { content_by_lua_block { check.authorize() } }
    location = /token { access_by_lua_block { check.token() } proxy_pass http://server_behind; }
    location /behind/ { internal; proxy_pass http://server_behind/; }`;
  const values: Record<string, string> = {
    UPSTREAM: `127.0.0.1:${lab.upstreamPort}`,
    PORT: String(port),
    DIR: lab.directory,
    MODULES: lua ? modules.join('\n') : '',
    LUA: directives,
    LOCATIONS: lua ? locations : '',
    NAME: lua ? 'lua' : 'plain',
  };
  await writeFile(
    file,
    template.replace(/@([A-Z]+)@/g, (_, key: string) => values[key] ?? ''),
  );
  const { process: nginx } = await startProcess(['nginx', '-c', file], { cpu: CPUS.proxy });
  return contender(name, port, nginx);
}

function contender(name: string, port: number, peer: BenchProcess): Contender {
  return { name, port, pid: peer.pid, [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose]() };
}
