import { flag, optional } from './arguments/options';
import { choice, text } from './arguments/values';

/** Taken by every command. */
export const globalOptions = {
  output: optional(
    choice(['table', 'json']),
    "what stdout holds: a table, or the API's views as JSON (table)",
  ),
  url: optional(text('URL'), 'of the control plane; else MUSTER_URL, else what muster login kept'),
  key: optional(
    text('KEY'),
    'function key; else MUSTER_KEY or MUSTER_TOKEN_FILE, else what muster login kept',
  ),
  help: flag('this text', { short: 'h' }),
};
