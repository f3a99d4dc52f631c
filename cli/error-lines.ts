import { MusterError } from '../client';
import { Misuse } from './exit-codes';

/** What a person reads of an error: what, why, and what to do. */
export function linesOf(error: unknown): string[] {
  if (error instanceof Misuse) {
    const hint = error.command === undefined ? [] : [`See ${error.command} --help.`];
    return [...error.problems.map((problem) => `muster: ${problem}`), ...hint];
  }
  if (!(error instanceof MusterError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return [`muster: a fault of the command itself: ${text}`];
  }
  const { code, message, details } = error;
  // Most messages repeat their details.
  const others = details.filter((detail) => !message.includes(detail.message));
  return [
    `muster: ${message} (${code})`,
    ...others.map(({ target, message: more }) => `  ${target === undefined ? '' : `${target}: `}${more}`),
    ...adviceOn(error),
  ];
}

function adviceOn({ code, status }: MusterError): string[] {
  if (status === 401)
    return ['Give a key that the control plane takes: --key KEY, MUSTER_KEY, or muster login --url URL.'];
  if (code === 'NotConfigured') return ['Or keep both once: muster login --url URL.'];
  if (code === 'Unreachable') return ['Is the URL right (--url, MUSTER_URL, muster login), and is it up?'];
  return [];
}
