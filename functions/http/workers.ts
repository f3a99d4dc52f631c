import type { App } from '../app';
import type { Route } from './route';
import { reportBoot } from './worker-boot';
import { takeCompletions } from './worker-completions';
import { enrol } from './worker-enrolment';
import { giveJobToken } from './worker-job-token';
import { renewLease } from './worker-lease';
import { listMembers } from './worker-members';

/** The worker protocol: called by VMs alone, outbound; their tokens are its only keys. */
export function workerRoutes(app: App): Route[] {
  const authLevel = 'anonymous';
  return [
    {
      name: 'reportBoot',
      method: 'POST',
      path: 'workers/boot',
      authLevel,
      handle: ({ request }) => reportBoot(app, request),
    },
    {
      name: 'enrolWorker',
      method: 'POST',
      path: 'workers/enrol',
      authLevel,
      handle: ({ request }) => enrol(app, request),
    },
    {
      name: 'renewLease',
      method: 'POST',
      path: 'workers/lease',
      authLevel,
      handle: (call) => renewLease(app, call),
    },
    {
      name: 'takeCompletions',
      method: 'POST',
      path: 'workers/completions',
      authLevel,
      handle: (call) => takeCompletions(app, call),
    },
    {
      name: 'giveJobToken',
      method: 'POST',
      path: 'workers/job-token',
      authLevel,
      handle: ({ request }) => giveJobToken(app, request),
    },
    {
      name: 'listMembers',
      method: 'GET',
      path: 'workers/members',
      authLevel,
      handle: ({ request }) => listMembers(app, request),
    },
    {
      name: 'getAgent',
      method: 'GET',
      path: 'workers/agent.cjs',
      authLevel,
      handle: async () => {
        const { body, sha256 } = app.agentBundle();
        return { headers: { 'Content-Type': 'text/javascript', ETag: `"${sha256}"` }, body };
      },
    },
  ];
}
