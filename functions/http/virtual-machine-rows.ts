import { createHash, randomBytes } from 'node:crypto';
import type {
  NetworkInterfaceTemplate,
  VirtualMachineRequest,
  VirtualMachineTemplate,
} from '../../shared/contracts';
import { applyToVirtualMachine, virtualMachineResourceId, type VirtualMachineRow } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { getResource } from '../records/resources';
import { allFound } from './all-found';
import { keepEnvironment } from './environments';
import { selectVirtualMachineImage } from './image-selection';
import { newOwner, resolvePlace, variablesOf } from './owners';
import { refuseLongStart } from './start-up-text';
import { readTemplate } from './templates';

/** The row of a new VM, not yet written. Throws 400 with every problem of the request, its templates and its image. */
export async function makeVirtualMachineRow(
  app: App,
  name: string,
  body: VirtualMachineRequest,
): Promise<VirtualMachineRow> {
  const [template, networkInterfaceTemplate, environment] = await allFound([
    readTemplate<VirtualMachineTemplate>(app, 'virtual-machine', { name: body.template, target: 'template' }),
    readTemplate<NetworkInterfaceTemplate>(app, 'network-interface', {
      name: body.networkInterfaceTemplate,
      target: 'networkInterfaceTemplate',
    }),
    keepEnvironment(app, body.environment),
  ]);
  const { subscriptionId = template.subscriptionId, resourceGroup = template.resourceGroup } = body;
  const place = await resolvePlace(app, { subscriptionId, resourceGroup });
  const row: VirtualMachineRow = {
    ...place,
    owner: newOwner('virtual-machine', name),
    wanted: 'present',
    template: await selectVirtualMachineImage(app, applyToVirtualMachine(template, body), {
      image: body.image,
      place,
    }),
    request: body,
    templateName: body.template,
    networkInterfaceTemplate,
    networkInterfaceTemplateName: body.networkInterfaceTemplate,
    resourceId: virtualMachineResourceId(place, name),
    workersPerInstance: body.workersPerInstance,
    environmentVariables: variablesOf(body),
    guest: body.guest ?? template.guest,
    environment,
    createdAt: new Date(app.clock.now()).toISOString(),
  };
  refuseLongStart(app, row);
  return row;
}

/** A name of the basename and six letters, the same each time for one seed; without a seed a new one. */
export function ownName(basename: string, seed: string = randomBytes(8).toString('hex')): string {
  const digest = createHash('sha256').update(seed).digest();
  const letters = [...digest.subarray(0, 6)].map((byte) => String.fromCharCode(97 + (byte % 26)));
  return `${basename}-${letters.join('')}`;
}

export async function refuseTakenName(app: App, name: string): Promise<void> {
  if (!(await getResource(app.records, 'virtual-machine', name))) return;
  const message = `There is a virtual machine '${name}' already: submit to it, or choose another name.`;
  throw new ApiError(409, 'AlreadyExists', message, { target: 'target.name' });
}
