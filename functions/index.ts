import { app as functions } from '@azure/functions';
import * as df from 'durable-functions';
import { orchestrators } from '../orchestrators';
import { registerActivities } from './activities';
import { composeApp } from './composition';
import { registerHttp } from './http';
import { registerJobSubmitted } from './queue/job-submitted';
import { registerTaskCompleted } from './queue/task-completed';
import { registerReleaseOutlived } from './timers/release-outlived';
import { registerRemoveJobs } from './timers/remove-jobs';
import { registerRemoveUnused } from './timers/remove-unused';
import { registerResumeOrchestrations } from './timers/resume-orchestrations';
import { registerRetrySubmissions } from './timers/retry-submissions';

// Everything Azure invokes. Loading this file registers all of it and does nothing else.
functions.setup({ enableHttpStream: true });
const app = composeApp(process.env);

registerHttp(app);
for (const [name, orchestrator] of Object.entries(orchestrators)) df.app.orchestration(name, orchestrator);
registerActivities(app);
registerJobSubmitted(app);
registerTaskCompleted(app);
registerResumeOrchestrations(app);
registerRetrySubmissions(app);
registerReleaseOutlived(app);
registerRemoveJobs(app);
registerRemoveUnused(app);
