import { app as functions } from '@azure/functions';
import * as df from 'durable-functions';
import { orchestrators } from '../orchestrators';
import { registerActivities } from './activities';
import { composeApp } from './composition';
import { registerHttp } from './http';
import { registerTaskCompleted } from './queue/task-completed';
import { registerRemoveJobs } from './timers/remove-jobs';
import { registerResumeOrchestrations } from './timers/resume-orchestrations';

// Everything Azure invokes. Loading this file registers all of it and does nothing else.
functions.setup({ enableHttpStream: true });
const app = composeApp(process.env);

registerHttp(app);
for (const [name, orchestrator] of Object.entries(orchestrators)) df.app.orchestration(name, orchestrator);
registerActivities(app);
registerTaskCompleted(app);
registerResumeOrchestrations(app);
registerRemoveJobs(app);
