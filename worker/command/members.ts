import { writeFileSync } from 'node:fs';
import { Members, workerRoutes } from '../../shared/contracts/worker-protocol';
import { get, routeUrl } from '../control-plane';
import { describeError, type Log } from '../log';

interface Source {
  controlPlaneUrl: string;
  agentToken: string;
  log: Log;
}

/** Who is in the set now; as it was last known where the control plane cannot be asked. */
export class MemberList {
  #last: Members = { scaleSet: '', size: 0, workers: [] };

  constructor(readonly source: Source) {}

  async read(): Promise<Members> {
    const { controlPlaneUrl, agentToken, log } = this.source;
    try {
      const answer = await get(routeUrl(controlPlaneUrl, workerRoutes.members), agentToken);
      if (answer.status !== 200) throw new Error(answer.message ?? `status ${answer.status}`);
      this.#last = Members.parse(answer.body);
    } catch (error) {
      log('warning', 'members-unknown', describeError(error));
    }
    return this.#last;
  }
}

/** For programs that would rather read a file than an environment variable. */
export function writeMembers(file: string, { workers }: Members): void {
  writeFileSync(file, `${JSON.stringify(workers)}\n`, { mode: 0o644 });
}
