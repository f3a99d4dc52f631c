import type { ScaleSetView } from '../../shared/contracts';
import { newScaleSetStatus, ownedByJob, type ScaleSetRow } from '../../shared/domain';
import type { App } from '../app';
import { countAtWork } from '../records/live-agents';
import { getStatus } from '../records/resources';

/** What was decided is as old as the last look; how many have enrolled is as it is now. */
export async function scaleSetView(
  app: App,
  row: ScaleSetRow,
  count: { isShared?: boolean } = {},
): Promise<ScaleSetView> {
  const stored = await getStatus(app.records, 'scale-set', row.owner);
  const status = { ...newScaleSetStatus(row), ...stored };
  const { workersPerInstance } = row;
  const hasCommand = row.workerCommand !== undefined;
  const counts = await countAtWork(app, row.owner, { workersPerInstance, hasCommand, ...count });
  const enrolled = counts.vms;
  const provisioned = Math.max(status.capacity.provisioned, enrolled);
  const isOutdated =
    row.wanted === 'present' && row.capacity !== status.capacity.desired && status.state === 'ready';
  return {
    name: row.owner.name,
    incarnation: row.owner.incarnation,
    state: row.wanted === 'absent' ? 'deleting' : isOutdated ? 'updating' : status.state,
    capacity: { desired: row.capacity, provisioned, enrolled },
    workers: {
      desired: row.capacity * workersPerInstance,
      enrolled: enrolled * workersPerInstance,
      ready: counts.ready,
    },
    workersPerInstance,
    template: row.templateName,
    resourceId: row.resourceId,
    ownedByJob: ownedByJob(row) ?? null,
    createdAt: row.createdAt,
    condition: status.condition,
    request: shown(row.request),
  };
}

function shown({ environmentVariables: _, ...request }: ScaleSetRow['request']): ScaleSetView['request'] {
  if (!request.workerCommand) return request;
  return { ...request, workerCommand: { ...request.workerCommand, environmentVariables: {} } };
}
