/**
 * Scripts for jobs that command a cluster: `call(method, path, body)` answers `{ status, body }` and never throws on a refusal;
 * `until(look)` asks until it gets something.
 */
const prelude = `
const { readFileSync, statSync } = require('node:fs');
const { setTimeout: pause } = require('node:timers/promises');
const { MUSTER_URL, MUSTER_TOKEN_FILE, MUSTER_JOB_ID } = process.env;
const token = () => readFileSync(MUSTER_TOKEN_FILE, 'utf8');
async function call(method, path, body) {
  const headers = { authorization: 'Bearer ' + token(), 'content-type': 'application/json' };
  const response = await fetch(MUSTER_URL + path, { method, headers, body: body && JSON.stringify(body) });
  const content = await response.text();
  try { return { status: response.status, body: JSON.parse(content) }; } catch { return { status: response.status, body: content }; }
}
async function until(look) {
  for (;;) { const found = await look(); if (found) return found; await pause(50); }
}
`;

/** A run of these lines (the body of an async function) by the Node on the VM's PATH. */
export function commanding(lines: string): { script: string; interpreter: 'node' } {
  const script = `${prelude}\n(async () => {\n${lines}\n})().catch((error) => { console.error(error); process.exitCode = 1; });\n`;
  return { script, interpreter: 'node' };
}

/** A call as a job makes it, from here. */
export async function callAs(
  url: string,
  token: string,
  [method, path, body]: [string, string, object?],
): Promise<{ status: number; code: string | undefined; message: string | undefined; body: unknown }> {
  const response = await fetch(`${url}/api/job-access${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const content = await response.text();
  const json = (content.startsWith('{') ? JSON.parse(content) : content) as {
    error?: { code: string; message: string };
  };
  const { code, message } = json.error ?? {};
  return { status: response.status, code, message, body: json };
}
