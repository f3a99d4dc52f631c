import { networkInterfaces } from 'node:os';
import type { GangNode } from '../../shared/contracts/gangs';
import type { JobSpecification } from '../../shared/contracts/job-specification';
import { taskEnvironment, type Environment } from '../task/environment';
import { evictionFile } from '../task/eviction-file';
import { writeScript, type TaskFolder } from '../task/folder';
import { workingFolderOf } from '../task/start-program';
import type { WorkerContext } from '../worker-context';
import type { Call } from './desk';
import { gangEnvironment, subnetOf, withGang } from './environment';
import { writeMemberLaunchAgent } from './launch-agent';
import type { LaunchPlace } from './launches';

interface Membership {
  call: Call;
  specification: JobSpecification;
  nodes: readonly GangNode[];
  /** Of this VM among them. */
  index: number;
  folder: TaskFolder;
  /** What a bundle adds to the environment. */
  bundle: Environment;
}

/** Where the head's commands run on a member: as the task would there. Puts into the folder what the task finds in it. */
export function memberPlace(
  { call, specification, nodes, index, folder, bundle }: Membership,
  { identity, worker, admittedEnvironment: admitted }: WorkerContext,
): LaunchPlace {
  if ('script' in specification.run) writeScript(folder, specification.run.script, identity);
  const { attemptId } = call;
  const subnet = subnetOf(nodes[index]!.address, networkInterfaces());
  const launchAgent = writeMemberLaunchAgent(folder);
  const environment = withGang(
    gangEnvironment({ folder, nodes, index, specification, subnet, launchAgent }),
    taskEnvironment({
      ...{ admitted, specification, worker, name: call, attemptId },
      user: identity?.user,
      home: folder.work,
      temporary: folder.temporary,
      evictionFile: evictionFile(folder),
      outputs: folder.outputs,
      bundle,
      // The head commands the cluster, where the job does.
      access: {},
    }),
  );
  const workingFolder = workingFolderOf({ specification }, folder);
  return { attemptId, folder, workingFolder, environment, identity };
}
