import { ShortJobs } from '../../../functions/jobs/short-jobs';
import type { JobRow, TaskOutcome, TaskRow } from '../../../shared/domain';

const job = (jobId: string, taskCount = 2) => ({ jobId, taskCount }) as JobRow;
const run = (task: number, exitCode = 0, retry = 0): TaskRow => ({
  ...{ task, retry, outcome: { end: 'exited', exitCode } as TaskOutcome },
});

/** What is remembered of a job after these rows of its tasks. */
function after(...rows: TaskRow[]) {
  const jobs = new ShortJobs();
  jobs.taken(job('a'));
  for (const row of rows) jobs.ended('a', [row]);
  return jobs.takeWhole('a');
}

describe('a job that was taken here', () => {
  it('is known whole once each of its tasks has succeeded, and then is forgotten', () => {
    const jobs = new ShortJobs();
    jobs.taken(job('a'));
    jobs.ended('a', [run(1)]);
    jobs.ended('a', [run(0)]);
    expect(jobs.takeWhole('a')).toEqual({ row: job('a'), rows: [run(1), run(0)] });
    expect(jobs.takeWhole('a')).toBeUndefined();
  });

  it.each<[string, TaskRow[]]>([
    ['a task has not ended', [run(0)]],
    ['a task is told of twice, and another not', [run(0), run(0)]],
    ['a task has failed', [run(0), run(1, 1)]],
    ['a task has ended with a later run', [run(0), run(1, 0, 1)]],
  ])('is not known whole where %s', (_what, rows) => expect(after(...rows)).toBeUndefined());

  it('is not known whole once something of it has changed, nor where it was taken elsewhere', () => {
    const jobs = new ShortJobs();
    jobs.taken(job('a', 1));
    jobs.ended('a', [run(0)]);
    jobs.forget('a');
    expect(jobs.takeWhole('a')).toBeUndefined();
    jobs.ended('b', [run(0)]);
    expect(jobs.takeWhole('b')).toBeUndefined();
  });

  it('is remembered as one of the last thousand', () => {
    const jobs = new ShortJobs();
    for (let index = 0; index <= 1000; index++) {
      jobs.taken(job(`job-${index}`, 1));
      jobs.ended(`job-${index}`, [run(0)]);
    }
    expect(jobs.takeWhole('job-0')).toBeUndefined();
    expect(jobs.takeWhole('job-1')).toBeDefined();
  });
});
