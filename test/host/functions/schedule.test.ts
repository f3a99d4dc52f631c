import { parseSchedule } from '../../../host/functions/timer/schedule';
import { parseTimeSpan } from '../../../host/functions/time-span';

const next = (text: string, after: string, timeZone?: string) =>
  new Date(parseSchedule(text, timeZone).next(Date.parse(after))).toISOString();

describe('timer schedules', () => {
  test.each([
    ['0 */5 * * * *', '2026-01-01T00:01:00Z', '2026-01-01T00:05:00.000Z'],
    ['*/10 * * * * *', '2026-01-01T00:00:10Z', '2026-01-01T00:00:20.000Z'],
    ['0 30 9 * * 1-5', '2026-01-03T00:00:00Z', '2026-01-05T09:30:00.000Z'],
    ['0 0 0 1 Jan,Jul *', '2026-02-01T00:00:00Z', '2026-07-01T00:00:00.000Z'],
    ['30 9 * * *', '2026-01-01T10:00:00Z', '2026-01-02T09:30:00.000Z'],
    ['0 0 0 * * Sun', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00.000Z'],
    ['01:30:00', '2026-01-01T00:00:00Z', '2026-01-01T01:30:00.000Z'],
    ['1.00:00:00', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00.000Z'],
  ])('"%s" after %s is %s', (text, after, expected) => {
    expect(next(text, after)).toBe(expected);
  });

  test('day of the month and day of the week must both match, as in NCrontab', () => {
    expect(next('0 0 0 13 * Fri', '2026-01-01T00:00:00Z')).toBe('2026-02-13T00:00:00.000Z');
  });

  test('WEBSITE_TIME_ZONE moves the hours', () => {
    expect(next('0 0 9 * * *', '2026-01-01T00:00:00Z', 'Europe/Berlin')).toBe('2026-01-01T08:00:00.000Z');
  });

  test.each(['', 'never', '0 0', '0 61 * * * *', '0 0 25 * * *', '00:00:00', '0 0 0 32 * *'])(
    '"%s" is refused',
    (text) => {
      expect(() => parseSchedule(text)).toThrow();
    },
  );

  test.each([
    ['00:00:10', 10_000],
    ['00:00:00.1', 100],
    ['2.03:04:05', 183_845_000],
    ['23:59', 86_340_000],
    ['24:00:00', undefined],
    ['ten', undefined],
  ])('the time span "%s" is %s ms', (text, expected) => {
    expect(parseTimeSpan(text)).toBe(expected);
  });
});
