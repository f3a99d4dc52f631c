/** Where the extension's HTTP API is, as a durable client is told. */
export interface WebhookAddress {
  /** `http://127.0.0.1:PORT/runtime/webhooks/durabletask`, without a slash at the end. */
  baseUrl: string;
  systemKey: string;
  hubName: string;
  /** Ends with a slash. Calls there need no key: the path itself cannot be guessed. */
  rpcBaseUrl: string;
}

const connectionName = 'Storage';
const instanceIdPlaceholder = 'INSTANCEID';

/** The JSON a `durableClient` input binding gives (BindingHelper.DurableOrchestrationClientToString). */
export function clientBinding(address: WebhookAddress): string {
  const creation = `${address.baseUrl}/orchestrators/{functionName}[/{instanceId}]`;
  const code = `code=${encodeURIComponent(address.systemKey)}`;
  return JSON.stringify({
    taskHubName: address.hubName,
    creationUrls: {
      createNewInstancePostUri: `${creation}?${code}`,
      createAndWaitOnNewInstancePostUri: `${creation}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${code}`,
    },
    managementUrls: managementUrls(address, instanceIdPlaceholder),
    baseUrl: address.baseUrl,
    requiredQueryStringParameters: code,
    rpcBaseUrl: address.rpcBaseUrl,
  });
}

export interface ManagementUrls {
  id: string;
  statusQueryGetUri: string;
  sendEventPostUri: string;
  terminatePostUri: string;
  rewindPostUri: string;
  purgeHistoryDeleteUri: string;
  restartPostUri: string;
  suspendPostUri: string;
  resumePostUri: string;
}

export function managementUrls(address: WebhookAddress, instanceId: string): ManagementUrls {
  const instance = `${address.baseUrl}/instances/${encodeURIComponent(instanceId)}`;
  const suffix =
    `taskHub=${encodeURIComponent(address.hubName)}&connection=${connectionName}` +
    `&code=${encodeURIComponent(address.systemKey)}`;
  const withReason = (operation: string): string => `${instance}/${operation}?reason={text}&${suffix}`;
  return {
    id: instanceId,
    statusQueryGetUri: `${instance}?${suffix}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${suffix}`,
    terminatePostUri: withReason('terminate'),
    rewindPostUri: withReason('rewind'),
    purgeHistoryDeleteUri: `${instance}?${suffix}`,
    restartPostUri: `${instance}/restart?${suffix}`,
    suspendPostUri: withReason('suspend'),
    resumePostUri: withReason('resume'),
  };
}
