import { ownerKey, type Owner } from '../../shared/contracts';
import { stepDone, type AgentRow, type StepOutcome } from '../../shared/domain';
import type { App } from '../app';

/**
 * Admits agents that called and that Azure lists among the owner's VMs. A row that changed meanwhile (the agent called
 * again) is left for the next round.
 */
export function createAdmitAgents({ config, records, clock }: App) {
  return async ({ owner, agentIds }: { owner: Owner; agentIds: string[] }): Promise<StepOutcome> => {
    const wanted = new Set(agentIds);
    const rows = await records.list<AgentRow>('agents', ownerKey(owner));
    const pending = rows.filter((row) => wanted.has(row.value.agentId) && row.value.state === 'pending');
    const enrolledAt = new Date(clock.now()).toISOString();
    // It must call within a lease's time, or it is lost before it has begun.
    const leaseExpiresAt = new Date(clock.now() + config.MUSTER_WORKER_LOST_MS).toISOString();
    const admitted = pending.map((row) => ({
      ...row,
      value: { ...row.value, state: 'enrolled' as const, enrolledAt, leaseExpiresAt },
    }));
    // In transactions: a thousand agents that call at once wait for ten calls, not for a thousand.
    await records.replaceMany<AgentRow>('agents', ownerKey(owner), admitted);
    return stepDone;
  };
}
