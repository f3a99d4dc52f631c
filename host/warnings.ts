/** `node:sqlite` is what this host stands on; that Node still calls it experimental is no news to its user. */
export function silenceSqliteWarning(): void {
  const [print, ...others] = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (!(warning.name === 'ExperimentalWarning' && warning.message.includes('SQLite'))) {
      [print, ...others].forEach((listener) => listener?.(warning));
    }
  });
}
