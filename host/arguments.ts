import { parseArgs } from 'node:util';
import path from 'node:path';

export interface HostArguments {
  appDirectory: string;
  stateDirectory: string;
  port: number;
  key: string | undefined;
  control: boolean;
  quiet: boolean;
}

export const usage =
  'usage: node dist/host/main.js --app DIR --state DIR [--port N] [--key KEY] [--control] [--quiet]';

/** Throws with a message for the person at the terminal. */
export function readArguments(argv: string[]): HostArguments {
  const { values } = parseArgs({
    args: argv,
    options: {
      app: { type: 'string' },
      state: { type: 'string' },
      port: { type: 'string', default: '0' },
      key: { type: 'string' },
      control: { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
    },
  });
  const port = Number(values.port);
  if (!values.app || !values.state) {
    throw new Error(`--app and --state are needed.\n${usage}`);
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port ${values.port} is no port.\n${usage}`);
  }
  return {
    appDirectory: path.resolve(values.app),
    stateDirectory: path.resolve(values.state),
    port,
    key: values.key,
    control: values.control,
    quiet: values.quiet,
  };
}
