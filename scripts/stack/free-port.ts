import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below what Linux gives to outgoing calls (from 32768): one of those may take a port between its choice and its use. */
const range = { least: 15_000, most: 32_000 };
const attempts = 50;

/** A port of the loopback address that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = randomInt(range.least, range.most);
    if (await isFree(port)) return port;
    if (attempt === attempts) throw new Error(`None of ${attempts} ports tried on 127.0.0.1 is free.`);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
