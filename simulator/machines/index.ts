/**
 * The machine side of the simulator: a VM is a Linux process group of its own, in PID, mount, UTS and IPC namespaces.
 *
 * What it has: its own root with the machine's system folders as image, its users, /proc, /tmp, host name, loopback
 * address and IMDS; cloud-init's stages run its customData; `node` on PATH is the simulator's own.
 * What it has not: a kernel, network stack or clock of its own (two VMs must listen on their own addresses, not on
 * 0.0.0.0), systemd, data disks as devices, package downloads. It keeps honest software apart; it is no security boundary.
 */
export type * from './contract';
export { createMachineFleet, type MachineFleetOptions } from './machine-fleet';
export { createThinFleet } from './thin/thin-fleet';
