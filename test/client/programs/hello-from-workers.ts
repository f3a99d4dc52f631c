import { Muster, variableBundle } from '../../../client';

/** What the manual's second example does on its detached VM: makes a cluster, has each worker say hello, and removes it. */
async function main(): Promise<void> {
  const { greeting, workers } = variableBundle.get('session') as { greeting: string; workers: number };
  const muster = new Muster();
  const scaleSet = muster.scaleSet('myscaleset');
  await scaleSet.create({ template: 'cbox', capacity: workers });
  await scaleSet.waitFor({ timeoutMs: 60_000 });
  const run = { script: `echo ${greeting} $MUSTER_TASK_INDEX` };
  const job = await muster.submit({ target: { scaleSet: 'myscaleset' }, array: { count: workers }, run });
  await job.waitForSuccess();
  for (let worker = 0; worker < workers; worker++) process.stdout.write(await job.stdout(worker));
  await scaleSet.delete();
  await scaleSet.waitUntilDeleted();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
