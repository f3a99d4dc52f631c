import { createServer, type AddressInfo, type Socket } from 'node:net';

/** Holds tasks where they are until it is opened. Simulated VMs share this machine's loopback. */
export interface Gate {
  /** A line of bash that ends once the gate is open. */
  wait: string;
  /** Tasks that wait at it. */
  waiting(): number;
  open(): void;
  close(): Promise<void>;
}

export async function makeGate(): Promise<Gate> {
  const held = new Set<Socket>();
  let isOpen = false;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('close', () => held.delete(socket));
    if (isOpen) socket.end();
    else held.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const open = (): void => {
    isOpen = true;
    for (const socket of held) socket.end();
  };
  return {
    wait: `exec 3<>/dev/tcp/127.0.0.1/${port}; read -r _ <&3 || true`,
    waiting: () => held.size,
    open,
    close: () => {
      for (const socket of held) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
