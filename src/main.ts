#!/usr/bin/env -S node --max-semi-space-size=8 --v8-pool-size=1 --no-maglev
// No static import: an older Node.js could not load it, and would fail before it could say why.
const NEEDED = 24;
const { versions, execPath } = process;

if (Number.parseInt(versions.node, 10) < NEEDED) {
  console.error(
    `pkce-gateway needs Node.js ${NEEDED} or newer; this is ${versions.node} (${execPath}). Install one from https://nodejs.org/`,
  );
  process.exitCode = 1;
} else {
  // Some libraries address developers here, such as ioredis about a password that Redis does not need.
  console.warn = () => {};
  import('./cli/run.ts')
    .then(({ run }) => run({ stdout: console.log, stderr: console.error }))
    .then((status) => process.exit(status));
}
