import type { Preparation } from '../../contracts';
import type { AgentRow } from '../rows';
import { agentStateAt } from '../rows';

/** What a look needs to know of an agent. */
export interface ObservedAgent {
  agentId: string;
  name: string;
  state: AgentRow['state'] | 'lost';
  lastSeenAt: string;
  leaseExpiresAt: string | null;
  enrolledAt: string | null;
  runningTasks: number;
  /** The last stage of its boot that it told of; null where it never did. */
  stage: string | null;
  preparation: Preparation | null;
  /** Azure is taking the VM away: when it must be gone. */
  goesAt: string | null;
}

/** Azure may take a little longer than it said. */
const evictionMarginMs = 15_000;

export function observeAgent(agent: AgentRow, now: number): ObservedAgent {
  const { evicting } = agent;
  const goesAt = evicting
    ? new Date(Date.parse(evicting.notBefore ?? evicting.noticedAt) + evictionMarginMs).toISOString()
    : null;
  return {
    agentId: agent.agentId,
    name: agent.instance.name,
    state: agentStateAt(agent, now),
    lastSeenAt: agent.lastSeenAt,
    leaseExpiresAt: agent.leaseExpiresAt,
    enrolledAt: agent.enrolledAt,
    runningTasks: Object.keys(agent.running).length,
    stage: agent.stage ?? null,
    preparation: agent.preparation ?? null,
    goesAt,
  };
}

/** Its workers take work: admitted, its lease good, its environment made, and Azure not taking it away. */
export function isAtWork({ state, preparation, goesAt }: ObservedAgent): boolean {
  return state === 'enrolled' && preparation === null && goesAt === null;
}
