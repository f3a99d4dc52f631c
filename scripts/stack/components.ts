import { join, resolve } from 'node:path';
import type { Component } from './component';
import { account, connectionString, type Identity } from './identity';
import { projectRoot } from './project-root';
import type { StackOptions } from './stack';

const root = projectRoot();

export function storageComponent({ stateFolder, hasAccessLog }: StackOptions, identity: Identity): Component {
  const { blobPort, queuePort, tablePort, storageKey } = identity;
  const port = (service: string, number: number): string[] => [
    `--${service}Host`,
    '127.0.0.1',
    `--${service}Port`,
    String(number),
  ];
  return {
    name: 'storage',
    arguments: [
      join(root, 'node_modules', 'azurite', 'dist', 'src', 'azurite.js'),
      ...port('blob', blobPort),
      ...port('queue', queuePort),
      ...port('table', tablePort),
      ...(hasAccessLog ? [] : ['--silent']),
      '--skipApiVersionCheck',
      '--disableTelemetry',
      '--location',
      join(stateFolder, 'storage'),
    ],
    environment: { AZURITE_ACCOUNTS: `${account}:${storageKey}` },
    isReady: async () =>
      (
        await Promise.all(
          [blobPort, queuePort, tablePort].map((number) => answers(`http://127.0.0.1:${number}/`)),
        )
      ).every(Boolean),
  };
}

export function simulatorComponent(
  { stateFolder, hasControl, recordFile }: StackOptions,
  identity: Identity,
): Component {
  return {
    name: 'simulator',
    arguments: [
      join(root, 'dist', 'simulator', 'main.js'),
      ...['--port', String(identity.simulatorPort)],
      ...['--state', join(stateFolder, 'simulator')],
      ...(hasControl ? ['--control'] : []),
      ...(recordFile ? ['--record', resolve(recordFile)] : []),
    ],
    isReady: async (log) => log.includes('"ready":true'),
  };
}

/** What the app is given on this machine; on Azure the function app's settings say the same. */
export function appSettings(identity: Identity, azure: Record<string, unknown>): Record<string, string> {
  return {
    AzureWebJobsStorage: connectionString(identity),
    MUSTER_ARM_ENDPOINT: String(azure.url),
    MUSTER_SIGNING_KEY: identity.signingKey,
    IDENTITY_ENDPOINT: String(azure.identityEndpoint),
    IDENTITY_HEADER: String(azure.identityHeader),
  };
}

export function hostComponent(
  { stateFolder, settings, hasControl }: StackOptions,
  identity: Identity,
  azure: Record<string, unknown>,
): Component {
  return {
    name: 'host',
    arguments: [
      join(root, 'dist', 'host', 'main.js'),
      ...['--app', root],
      ...['--port', String(identity.hostPort)],
      ...['--state', join(stateFolder, 'host')],
      ...(hasControl ? ['--control'] : []),
    ],
    environment: { ...appSettings(identity, azure), ...settings },
    isReady: async (log) =>
      log.includes('"ready":true') &&
      (await answers(`http://127.0.0.1:${identity.hostPort}/admin/host/ping`)),
  };
}

/** Any HTTP answer will do. */
async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url, { signal: AbortSignal.timeout(2000) })).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
