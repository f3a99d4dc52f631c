/** Reads a .NET TimeSpan (`[-][d.]hh:mm[:ss[.fffffff]]`) as milliseconds; undefined when it is not one. */
export function parseTimeSpan(text: string): number | undefined {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(\.\d{1,7})?)?$/.exec(text.trim());
  if (!match) {
    return undefined;
  }
  const [, days, hours, minutes, seconds, fraction] = match;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds ?? 0) > 59) {
    return undefined;
  }
  const wholeSeconds =
    Number(days ?? 0) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0);
  return wholeSeconds * 1000 + Math.round(Number(fraction ?? 0) * 1000);
}
