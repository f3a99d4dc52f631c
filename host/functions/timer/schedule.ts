import { CronExpressionParser } from 'cron-parser';
import { parseTimeSpan } from '../time-span';

/** When a timer fires: NCRONTAB (`{second} {minute} {hour} {day} {month} {day-of-week}`) or a constant interval. */
export interface Schedule {
  text: string;
  /** The first occurrence after `after` (ms since the epoch). */
  next(after: number): number;
}

export function parseSchedule(text: string, timeZone = 'UTC'): Schedule {
  const interval = parseTimeSpan(text);
  if (interval !== undefined) {
    if (interval <= 0) {
      throw new Error('the interval must be longer than zero.');
    }
    return { text, next: (after) => after + interval };
  }
  return cronSchedule(text, timeZone);
}

function cronSchedule(text: string, timeZone: string): Schedule {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5 && fields.length !== 6) {
    throw new Error('it must have six fields (or five, without seconds), or be hh:mm:ss.');
  }
  const [second, minute, hour, day, month, weekday] = fields.length === 5 ? ['0', ...fields] : fields;
  const isOpen = (field: string | undefined): boolean => field === '*' || field === '?';
  // NCrontab wants the day of the month *and* the day of the week to match; cron (and cron-parser) either of them.
  const bothDays = !isOpen(day) && !isOpen(weekday);
  const expression = [second, minute, hour, day, month, bothDays ? '*' : weekday].join(' ');
  const weekdays = bothDays ? weekdaysOf(weekday ?? '*') : undefined;
  const next = (after: number): number => {
    const occurrences = CronExpressionParser.parse(expression, {
      currentDate: new Date(after),
      tz: timeZone,
    });
    for (;;) {
      const occurrence = occurrences.next();
      if (!weekdays || weekdays.has(occurrence.getDay())) {
        return occurrence.getTime();
      }
    }
  };
  next(0);
  return { text, next };
}

function weekdaysOf(field: string): Set<number> {
  const { values } = CronExpressionParser.parse(`0 0 0 * * ${field}`).fields.dayOfWeek;
  return new Set(values.map((value) => Number(value) % 7));
}
