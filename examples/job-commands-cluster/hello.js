// A job that commands a cluster: makes a scale set, says hello from each of its workers, and takes it down. Node's built-ins alone.
const { readFileSync } = require('node:fs');
const { setTimeout: pause } = require('node:timers/promises');

const { MUSTER_URL, MUSTER_TOKEN_FILE, TEMPLATE = 'myscaleset', VMS = '5' } = process.env;
const capacity = Number(VMS);
const name = 'hello';

/** The token is renewed while the job runs: the file is read for each call. */
async function call(method, path, body) {
  const response = await fetch(`${MUSTER_URL}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${readFileSync(MUSTER_TOKEN_FILE, 'utf8')}`,
      'content-type': 'application/json',
    },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return { status: response.status, text };
}

/** Asks again as long as the answer is 202: a wait is answered in time, ended or not. */
async function waitFor(path) {
  for (;;) {
    const { status, text } = await call('GET', path);
    if (status !== 202) return JSON.parse(text);
    await pause(100);
  }
}

async function main() {
  await call('PUT', `/api/scale-sets/${name}`, { template: TEMPLATE, capacity });
  const { workers } = await waitFor(`/api/scale-sets/${name}/wait?atLeast=${capacity}&timeoutSeconds=60`);
  const { text } = await call('POST', '/api/jobs', {
    target: { scaleSet: name },
    array: { count: workers.enrolled },
    run: { script: 'echo "hello from task $MUSTER_TASK_INDEX on $MUSTER_WORKER"' },
  });
  const { id } = JSON.parse(text);
  const job = await waitFor(`/api/jobs/${id}/wait?timeoutSeconds=60`);
  for (let task = 0; task < job.tasks.total; task++)
    process.stdout.write((await call('GET', `/api/jobs/${id}/tasks/${task}/stdout`)).text);
  // Not needed: it goes with this job, however the job ends.
  await call('DELETE', `/api/scale-sets/${name}`);
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
