import type { Compute } from '../ports';
import type { Arm } from './arm';
import { toCloudFailure } from './cloud-failure';
import { parseResourceId, readIfThere } from './resource-reading';

const readLimitMs = 20_000;

/** Boot diagnostics: Azure answers with a signed link to what the VM wrote to its serial console. */
export function createConsoleLog(arm: Arm): Pick<Compute, 'readConsoleLog'> {
  return {
    async readConsoleLog(resourceId) {
      const { subscriptionId, resourceGroup, name } = parseResourceId(resourceId);
      const client = arm.compute(subscriptionId);
      const scaleSet = /\/virtualMachineScaleSets\/([^/]+)\//i.exec(resourceId)?.[1];
      const links = await readIfThere(() =>
        scaleSet === undefined
          ? client.virtualMachines.retrieveBootDiagnosticsData(resourceGroup, name, arm.callOptions())
          : client.virtualMachineScaleSetVMs.retrieveBootDiagnosticsData(
              resourceGroup,
              scaleSet,
              name,
              arm.callOptions(),
            ),
      );
      return links?.serialConsoleLogBlobUri ? readLink(links.serialConsoleLogBlobUri) : undefined;
    },
  };
}

/** The link is its own credential: no token goes along. */
async function readLink(link: string): Promise<string | undefined> {
  try {
    const response = await fetch(link, { redirect: 'error', signal: AbortSignal.timeout(readLimitMs) });
    return response.ok ? await response.text() : undefined;
  } catch (error) {
    throw toCloudFailure(error);
  }
}
