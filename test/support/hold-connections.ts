import { connect } from 'node:net';

/** A separate process that opens idle connections and keeps them: `node hold-connections.ts PORT COUNT`. Prints `open N`. */
const [port = 0, count = 0] = process.argv.slice(2).map(Number);
let open = 0;
let closed = 0;
const failed = (error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
};
for (let i = 0; i < count; i++) {
  const socket = connect(port, '127.0.0.1', () => {
    open++;
    if (open === count) process.stdout.write(`open ${open - closed}\n`);
  });
  socket.on('error', failed).on('close', () => closed++);
  // At most as many at once as a listen queue holds.
  if (i % 256 === 255) await new Promise((resolve) => socket.once('connect', resolve));
}
