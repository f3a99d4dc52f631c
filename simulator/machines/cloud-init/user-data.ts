import { gunzipSync } from 'node:zlib';
import { parseMultipart } from './mime';

/** What cloud-init makes of customData: parts of known kinds, and complaints about the others. */
export interface UserData {
  raw: Buffer;
  cloudConfigs: { text: string; mergeType: string }[];
  scripts: { fileName: string; content: Buffer }[];
  boothooks: Buffer[];
  warnings: string[];
}

const MAX_UNPACKED = 64 * 1024 * 1024;

const STARTS: readonly (readonly [string, string])[] = [
  ['#cloud-config-archive', 'text/cloud-config-archive'],
  ['#cloud-config-jsonp', 'text/cloud-config-jsonp'],
  ['#cloud-config', 'text/cloud-config'],
  ['#!', 'text/x-shellscript'],
  ['#cloud-boothook', 'text/cloud-boothook'],
  ['#include', 'text/x-include-url'],
  ['#part-handler', 'text/part-handler'],
  ['## template: jinja', 'text/jinja2'],
];

const SNIFFED = new Set(['', 'text/plain', 'text/x-not-multipart', 'application/octet-stream']);

/** Decodes customData as given to ARM (base64, of plain or gzipped bytes); an empty one is a VM without user data. */
export function readUserData(customData: string): UserData {
  const data: UserData = { raw: Buffer.alloc(0), cloudConfigs: [], scripts: [], boothooks: [], warnings: [] };
  if (customData === '') return data;
  data.raw = Buffer.from(customData, 'base64');
  const content = unpack(data.raw, data);
  const text = content.toString('latin1');
  if (/^(content-type|mime-version):/i.test(text)) {
    for (const part of parseMultipart(text)) {
      addPart(data, { ...part, content: unpack(part.content, data) });
    }
  } else {
    addPart(data, { contentType: '', fileName: '', mergeType: '', content });
  }
  return data;
}

function unpack(content: Buffer, data: UserData): Buffer {
  if (content[0] !== 0x1f || content[1] !== 0x8b) return content;
  try {
    return gunzipSync(content, { maxOutputLength: MAX_UNPACKED });
  } catch (error) {
    data.warnings.push(`Failed to gunzip user data: ${(error as Error).message}`);
    return Buffer.alloc(0);
  }
}

function addPart(
  data: UserData,
  part: { contentType: string; fileName: string; mergeType: string; content: Buffer },
): void {
  const text = part.content.toString('utf8');
  const kind = SNIFFED.has(part.contentType) ? sniff(text) : part.contentType;
  const number = String(data.scripts.length + data.cloudConfigs.length + data.boothooks.length + 1).padStart(
    3,
    '0',
  );
  switch (kind) {
    case 'text/cloud-config':
      data.cloudConfigs.push({ text, mergeType: part.mergeType });
      break;
    case 'text/x-shellscript':
      // A path in a file name would leave the scripts folder.
      data.scripts.push({
        fileName: part.fileName.replace(/[/\0]/g, '_') || `part-${number}`,
        content: part.content,
      });
      break;
    case 'text/cloud-boothook':
      data.boothooks.push(part.content);
      break;
    case '':
      if (text !== '')
        data.warnings.push(
          `Unhandled non-multipart (text/x-not-multipart) userdata: '${text.slice(0, 24)}...'`,
        );
      break;
    default:
      data.warnings.push(`User data of type ${kind} is not supported by the simulated VM and was ignored`);
  }
}

function sniff(text: string): string {
  return STARTS.find(([start]) => text.startsWith(start))?.[1] ?? '';
}
