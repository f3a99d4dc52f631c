/** How the demo shows what goes on: a terminal gets a bar that moves, a pipe gets a line at each change. */
export interface Report {
  step(text: string): void;
  line(text: string): void;
  progress(label: string, done: number, total: number): void;
}

const barWidth = 32;

export function createReport(out: NodeJS.WriteStream = process.stdout): Report {
  let shown = '';
  const startedAt = Date.now();
  const stamp = (): string => `${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`;
  const endBar = (): void => {
    if (shown && out.isTTY) out.write('\n');
    shown = '';
  };
  return {
    step: (text) => {
      endBar();
      out.write(`\n[${stamp()}] ${text}\n`);
    },
    line: (text) => {
      endBar();
      out.write(`${text.replace(/^/gm, '  ')}\n`);
    },
    progress: (label, done, total) => {
      const text = `${label} ${done}/${total}`;
      if (text === shown) return;
      if (out.isTTY) {
        const filled = total === 0 ? 0 : Math.round((barWidth * done) / total);
        out.write(`\r  [${'█'.repeat(filled)}${'·'.repeat(barWidth - filled)}] ${text}\x1b[K`);
      } else {
        out.write(`  [${stamp()}] ${text}\n`);
      }
      shown = text;
    },
  };
}
