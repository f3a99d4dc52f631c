/**
 * Keeps stdout for the line that says the host is ready: what the app writes there itself (Azure's host reads it off
 * the worker) goes to the log instead. Answers the way to print that line.
 */
export function takeStdout(writeLog: (text: string) => void): (text: string) => void {
  const print = process.stdout.write.bind(process.stdout);
  const toLog = (chunk: unknown, ...rest: unknown[]): boolean => {
    for (const line of String(chunk)
      .split(/\r?\n/)
      .filter((text) => text !== '')) {
      writeLog(`${new Date().toISOString()} information Host.Function.Console ${line}\n`);
    }
    const done = rest.at(-1);
    if (typeof done === 'function') {
      process.nextTick(done as () => void);
    }
    return true;
  };
  process.stdout.write = toLog;
  return (text) => void print(text);
}
