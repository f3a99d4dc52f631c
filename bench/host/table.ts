import type { LineResult, Report, Rounds } from './report';
import type { Unit } from './lines';

const header = ['line', 'unit', 'Muster', '(rounds)', 'DBOS', '(rounds)', 'times better'];

/** The report as text of fixed width. */
export function table(report: Report): string {
  const rows = [header, ...report.lines.flatMap(rowsOf)];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const drawn = rows.map((row) =>
    row
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [drawn[0], rule, ...drawn.slice(1), '', ...settingsOf(report)].join('\n');
}

function rowsOf(line: LineResult): string[][] {
  const { muster, dbos, unit } = line;
  const better = line.times === undefined ? '' : line.times.toFixed(1);
  const first = [line.title, unit, ...cells(muster, unit), ...cells(dbos, unit), better];
  const percentiles = (['p50Ms', 'p99Ms'] as const)
    .filter((name) => muster[name] !== undefined)
    .map((name) => [`  ${name.slice(0, 3)}`, 'ms', cell(muster[name], 2), '', cell(dbos?.[name], 2), '', '']);
  return [first, ...percentiles];
}

function cells(rounds: Rounds | undefined, unit: Unit): string[] {
  if (!rounds) return ['', ''];
  const digits = unit === 'seconds' ? 3 : 0;
  return [cell(rounds.median, digits), rounds.values.map((value) => cell(value, digits)).join(' ')];
}

function cell(value: number | undefined, digits: number): string {
  return value === undefined ? '' : value.toFixed(digits);
}

function settingsOf({ settings, machine }: Report): string[] {
  const list = (values: Record<string, string | number>): string =>
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ');
  return [
    ...Object.entries(settings).map(([side, values]) => `${side}, as read back: ${list(values)}`),
    `machine: ${list(machine)}`,
  ];
}
