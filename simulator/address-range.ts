import { createServer, type Server } from 'node:net';

const FIRST_OCTET = 16;
const OCTETS = 224;
/** On the last address of the range, which no VM gets before 65,000 others. */
const RESERVATION_PORT = 61_999;

export interface AddressRange {
  /** '127.x.0.0/16'. */
  prefix: string;
  release(): Promise<void>;
}

/**
 * A range of loopback addresses that no other simulator on this machine uses: each holds a listening socket in its range
 * for as long as it lives, so the kernel settles who was first and frees the range whatever way the holder ends.
 */
export async function reserveAddressRange(): Promise<AddressRange> {
  for (let attempt = 0; attempt < OCTETS; attempt++) {
    const octet = FIRST_OCTET + ((process.pid + attempt) % OCTETS);
    const server = await tryListen(`127.${octet}.255.254`);
    if (server)
      return {
        prefix: `127.${octet}.0.0/16`,
        release: () => new Promise((resolve) => server.close(() => resolve())),
      };
  }
  throw new Error('Every range of loopback addresses is in use by another simulator.');
}

function tryListen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(RESERVATION_PORT, address, () => resolve(server));
  });
}
