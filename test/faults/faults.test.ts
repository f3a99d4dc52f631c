import { describeSchedule } from './schedule';
import { runSeed } from './run-seed';

/** A short one of the runs that `npm run test:faults -- --seed N` makes. */
test('whatever fails for a while: each task ends once, its output is exact, and nothing is left', async () => {
  const { problems, schedule, story } = await runSeed(11, { lengthMs: 12_000, count: 8 });
  const told = problems.length > 0 ? [describeSchedule(schedule), ...story, ...problems].join('\n') : '';
  expect(told).toBe('');
}, 240_000);
