import { evictionFileVariable, type Members } from '../../shared/contracts/worker-protocol';
import { attemptVariable, baseEnvironment, type Environment } from '../task/environment';
import { evictionFile } from '../task/eviction-file';
import type { TaskFolder } from '../task/folder';
import type { CommandContext } from './run-command';

interface Started {
  folder: TaskFolder;
  members: Members;
  membersFile: string;
  runId: string;
}

/** Later lines win. What it means is said in `contracts/worker-command.ts`. */
export function commandEnvironment(
  context: CommandContext,
  { folder, members, membersFile, runId }: Started,
): Environment {
  const { command, worker, index, slot, address, identity, admittedEnvironment } = context;
  const { readiness } = command;
  const port = readiness && 'port' in readiness ? readiness.port + slot : undefined;
  const addresses = members.workers.map((member) => member.address).join(',');
  return {
    ...baseEnvironment({ home: folder.work, temporary: folder.temporary, user: identity?.user }),
    ...admittedEnvironment,
    ...command.environmentVariables,
    MUSTER_WORKER: worker,
    MUSTER_WORKER_INDEX: String(index),
    MUSTER_WORKER_SLOT: String(slot),
    MUSTER_WORKER_ADDRESS: address,
    ...(port !== undefined && { MUSTER_WORKER_PORT: String(port) }),
    MUSTER_SCALE_SET: members.scaleSet,
    MUSTER_SCALE_SET_SIZE: String(members.size),
    MUSTER_WORKER_ADDRESSES: addresses,
    MUSTER_WORKERS_FILE: membersFile,
    [evictionFileVariable]: evictionFile(folder),
    [attemptVariable]: runId,
  };
}
