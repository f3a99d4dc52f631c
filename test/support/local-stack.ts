import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MusterClient } from '../../client';
import { localSettings, putLocalTemplates } from '../../scripts/local-azure/templates';
import { startStack, type Stack } from '../../scripts/stack/stack';

export interface LocalStack extends Stack {
  client: MusterClient;
  stateFolder: string;
  /** Stops every process and removes the folder. */
  dispose(): Promise<void>;
}

/** The whole product in real processes: storage, simulated Azure, host; with templates `cbox` and `default` in place. */
export async function startLocalStack(settings: Record<string, string> = {}): Promise<LocalStack> {
  const stateFolder = mkdtempSync(join(tmpdir(), 'muster-e2e-'));
  const stack = await startStack({
    stateFolder,
    hasControl: true,
    settings: { ...localSettings, ...settings },
  });
  const client = new MusterClient({ url: stack.url, key: stack.key });
  await putLocalTemplates(client, stack.simulator.subscriptionId);
  const dispose = async (): Promise<void> => {
    await stack.stop();
    rmSync(stateFolder, { recursive: true, force: true });
  };
  return { ...stack, client, stateFolder, dispose };
}

/** Looks until `look` answers something; fails saying what was awaited and what was seen last. */
export async function eventually<Found>(
  what: string,
  look: () => Promise<Found | undefined | false | null>,
  limitMs = 45_000,
): Promise<Found> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`Waited ${limitMs / 1000} s in vain: ${what}`);
    await delay(50);
  }
}

/** What the simulated Azure still holds that costs money, and VMs that still run. */
export async function whatIsLeft(stack: Stack): Promise<{ billable: unknown[]; machines: unknown[] }> {
  const response = await fetch(new URL('/control/resources', stack.simulator.url));
  return (await response.json()) as { billable: unknown[]; machines: unknown[] };
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

/** Has the host run a function now, as the portal's "Test/Run" does; a timer comes round once a minute. */
export async function runNow(stack: LocalStack, name: string): Promise<void> {
  const keys = readFileSync(join(stack.stateFolder, 'host', 'keys.json'), 'utf8');
  const { masterKey } = JSON.parse(keys) as { masterKey: string };
  const answer = await fetch(new URL(`/admin/functions/${name}`, stack.url), {
    method: 'POST',
    headers: { 'x-functions-key': masterKey, 'content-type': 'application/json' },
    body: '{}',
  });
  expect(answer.status).toBe(202);
}

/** The simulated Azure's control API. */
export async function control<Answer>(
  stack: Stack,
  method: 'GET' | 'POST' | 'DELETE',
  ...[name, body]: [string, object?]
): Promise<Answer> {
  const response = await fetch(new URL(`/control/${name}`, stack.simulator.url), {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!response.ok)
    throw new Error(`${method} /control/${name}: ${response.status} ${await response.text()}`);
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}

interface ScaleSetTemplateView {
  template: { value: { properties: { virtualMachineProfile: object } } };
}

/** The scale-set template `cbox` under another name, with changes to the template, its ARM body and the VMs' profile. */
export async function putTemplateLike(
  stack: LocalStack,
  name: string,
  changes: { template?: object; value?: object; properties?: object; profile?: object },
): Promise<void> {
  const response = await fetch(new URL('/api/templates/scale-set/cbox', stack.url), {
    headers: { 'x-functions-key': stack.key },
  });
  const { template } = (await response.json()) as ScaleSetTemplateView;
  const { properties } = template.value;
  const virtualMachineProfile = { ...properties.virtualMachineProfile, ...changes.profile };
  const value = {
    ...template.value,
    ...changes.value,
    properties: { ...properties, ...changes.properties, virtualMachineProfile },
  };
  await stack.client.putTemplate('scale-set', name, { ...template, ...changes.template, value });
}
