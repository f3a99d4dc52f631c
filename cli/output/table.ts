/** A cell as a person reads it; null and undefined are nothing to say. */
export type Cell = string | number | boolean | null | undefined;
/** Title and content of each column, in their order. */
export type Columns<View> = Record<string, (view: View) => Cell>;

const gap = '  ';
const nothing = '-';

/**
 * One line a view under a line of titles; each column as wide as its widest cell, and left out where no view has anything to say in it.
 * `width`: longer lines are cut.
 */
export function table<View>(views: readonly View[], columns: Columns<View>, width = Infinity): string {
  const shownColumns = Object.entries(columns)
    .map(([title, of]) => [title.toUpperCase(), ...views.map((view) => shown(of(view)))])
    .filter(([, ...cells]) => cells.some((cell) => cell !== nothing));
  const widths = shownColumns.map((cells) => Math.max(...cells.map((cell) => cell.length)));
  const lines = Array.from({ length: views.length + 1 }, (_, row) =>
    shownColumns
      .map((cells, column) => cells[row]!.padEnd(widths[column]!))
      .join(gap)
      .trimEnd(),
  );
  return lines.map((line) => `${cut(line, width)}\n`).join('');
}

/** One line a column: a single view in full. What has nothing to say is left out. */
export function listing<View>(view: View, columns: Columns<View>): string {
  const rows = Object.entries(columns)
    .map(([title, of]) => [title, shown(of(view))] as const)
    .filter(([, cell]) => cell !== nothing);
  const width = Math.max(...rows.map(([title]) => title.length));
  return rows.map(([title, cell]) => `${title.padEnd(width)}${gap}${cell}\n`).join('');
}

export function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

function shown(cell: Cell): string {
  if (cell === null || cell === undefined || cell === '') return nothing;
  // A cell is one line.
  return String(cell).replace(/\s*\n\s*/g, ' ');
}
