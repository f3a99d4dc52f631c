import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Members } from '../../shared/contracts';
import { isAtWork, observeAgent, workerId } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { readShared } from '../records/live-agents';
import { getIncarnation } from '../records/resources';
import { agentNamed } from './worker-lease';

/** Who is in the caller's scale set: how the commands of its workers find each other. */
export async function listMembers(app: App, request: HttpRequest): Promise<HttpResponseInit> {
  const { owner } = agentNamed(app, request);
  const row = await getIncarnation(app.records, 'scale-set', owner);
  if (!row) throw new ApiError(410, 'OwnerGone', `The scale set '${owner.name}' is gone.`);
  const { workersPerInstance, capacity } = row;
  const now = app.clock.now();
  const agents = (await readShared(app, owner)).filter((agent) => isAtWork(observeAgent(agent, now)));
  const slots = Array.from({ length: workersPerInstance }, (_, slot) => slot);
  const workers = agents.flatMap((agent) =>
    slots.map((slot) => ({
      index: (agent.index ?? 0) * workersPerInstance + slot,
      worker: workerId(agent.instance, slot),
      address: agent.instance.privateIpAddress,
    })),
  );
  workers.sort((a, b) => a.index - b.index);
  const members: Members = { scaleSet: row.owner.name, size: capacity * workersPerInstance, workers };
  return { jsonBody: members };
}
