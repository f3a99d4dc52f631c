import { lookPauseMs } from '../../../shared/domain/job/look-pause';

const since = '2026-01-01T00:00:00.000Z';
const after = (ms: number) => new Date(Date.parse(since) + ms);

describe('a job that waits', () => {
  it.each([
    ['just now', 0, 60_000],
    ['for four minutes', 240_000, 60_000],
    ['for twenty minutes', 1_200_000, 300_000],
    ['for a day', 86_400_000, 600_000],
  ])('%s is looked at after a quarter of its wait, within bounds', (_what, waited, pause) => {
    expect(lookPauseMs({ since, now: after(waited), leastMs: 60_000, mostMs: 600_000 })).toBe(pause);
  });
});
