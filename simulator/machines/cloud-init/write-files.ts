import { gunzipSync } from 'node:zlib';
import { quote, warn } from './shell';
import type { StageFile } from './stage';

const MODULE = 'cc_write_files.py';
const MAX_UNPACKED = 256 * 1024 * 1024;
const UNZIP = new Set(['gz', 'gzip', 'gz+base64', 'gzip+base64', 'gz+b64', 'gzip+b64']);
const PLAIN = new Set(['', 'text/plain']);
const BASE64 = new Set(['b64', 'base64', 'gz+base64', 'gzip+base64', 'gz+b64', 'gzip+b64']);

type Entry = Readonly<Record<string, unknown>>;

/** The stage that writes the entries of `write_files` that are (or are not) deferred past the making of users. */
export function writeFilesStage(
  value: unknown,
  options: { deferred: boolean },
): { script: string; files: StageFile[] } {
  const lines: string[] = [];
  const files: StageFile[] = [];
  const entries = Array.isArray(value) ? (value as unknown[]) : [];
  for (const [index, item] of entries.entries()) {
    const entry: Entry = typeof item === 'object' && item !== null ? (item as Entry) : {};
    if (isTrue(entry['defer']) !== options.deferred) continue;
    if (typeof entry['path'] !== 'string' || entry['path'] === '') {
      lines.push(warn(MODULE, `No path provided to write for entry ${index + 1} in module write_files`));
      continue;
    }
    const file: StageFile = {
      name: `file-${options.deferred ? 'deferred-' : ''}${index}`,
      content: Buffer.alloc(0),
    };
    try {
      file.content = contentOf(entry);
    } catch (error) {
      // As in cloud-init, an entry that cannot be read ends the module.
      lines.push(
        warn(MODULE, `Running module write_files failed: ${entry['path']}: ${(error as Error).message}`),
        'exit 1',
      );
      break;
    }
    files.push(file);
    lines.push(...writeEntry(entry, entry['path'], file.name));
  }
  return { script: lines.join('\n'), files };
}

/** cloud-init's reading of a flag. */
function isTrue(value: unknown): boolean {
  return value === true || ['true', '1', 'on', 'yes'].includes(String(value).toLowerCase());
}

function encodingOf(entry: Entry): string {
  return typeof entry['encoding'] === 'string' ? entry['encoding'].toLowerCase().trim() : '';
}

function contentOf(entry: Entry): Buffer {
  const encoding = encodingOf(entry);
  const raw = entry['content'];
  if (entry['source'] !== undefined) throw new Error('source is not supported by the simulated VM');
  let content =
    Buffer.isBuffer(raw) || raw instanceof Uint8Array
      ? Buffer.from(raw)
      : Buffer.from(raw === undefined || raw === null ? '' : String(raw));
  if (BASE64.has(encoding)) content = Buffer.from(content.toString('latin1'), 'base64');
  if (UNZIP.has(encoding)) content = gunzipSync(content, { maxOutputLength: MAX_UNPACKED });
  return content;
}

function writeEntry(entry: Entry, path: string, source: string): string[] {
  const target = quote(path.startsWith('/') ? path : `/${path}`);
  const fail = (what: string) =>
    `{ ${warn(MODULE, `Running module write_files failed: ${path}: ${what}`)}; exit 1; }`;
  const { mode, warning } = modeOf(entry['permissions']);
  const encoding = encodingOf(entry);
  const isKnown = PLAIN.has(encoding) || BASE64.has(encoding) || UNZIP.has(encoding);
  return [
    ...(isKnown ? [] : [warn(MODULE, `Unknown encoding type ${encoding}, assuming text/plain`)]),
    ...(warning === '' ? [] : [warn(MODULE, warning)]),
    `mkdir -p "$(dirname ${target})" || ${fail('cannot make its folder')}`,
    `cat $seed/files/${source} ${isTrue(entry['append']) ? '>>' : '>'}${target} || ${fail('cannot write')}`,
    `chmod ${mode} ${target}`,
    `chown ${quote(ownerOf(entry['owner']))} ${target} || ${fail(`Unknown user or group: '${String(entry['owner'])}'`)}`,
  ];
}

function modeOf(permissions: unknown): { mode: string; warning: string } {
  if (permissions === undefined || permissions === null) return { mode: '644', warning: '' };
  // A number is what YAML 1.1 made of 0644; text is read as octal.
  if (typeof permissions === 'number') return { mode: permissions.toString(8), warning: '' };
  const digits = /^(?:0o?)?([0-7]{1,4})$/.exec(String(permissions))?.[1];
  if (digits !== undefined) return { mode: digits, warning: '' };
  return {
    mode: '644',
    warning: `Undecodable permissions '${String(permissions)}', returning default 0o644`,
  };
}

function ownerOf(owner: unknown): string {
  return typeof owner === 'string' && owner !== '' ? owner : 'root:root';
}
