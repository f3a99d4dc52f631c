import { ArmError, badRequest } from './errors';
import { DISK_AND_IMAGE_SHAPES } from './body-shapes/disks-and-images';
import { NETWORK_SHAPES } from './body-shapes/networks';
import { VIRTUAL_MACHINE_SHAPES } from './body-shapes/virtual-machines';

/**
 * Request bodies are checked as Azure checks them: an unknown member or a wrong JSON type is refused, not dropped.
 * The notation of body-shapes/*: `Type member:type ...`; s string, b boolean, n number, * anything, T[] array, {T} map.
 */
type Shapes = Map<string, Map<string, string>>;

function parseShapes(...texts: string[]): Shapes {
  const shapes: Shapes = new Map();
  for (const line of texts.join('\n').split('\n')) {
    const [name, ...members] = line.trim().split(' ');
    if (!name) continue;
    shapes.set(
      name,
      new Map(
        members.map((member) => [
          member.slice(0, member.indexOf(':')),
          member.slice(member.indexOf(':') + 1),
        ]),
      ),
    );
  }
  return shapes;
}

const SHAPES: Record<string, Shapes> = {
  'Microsoft.Compute': parseShapes(VIRTUAL_MACHINE_SHAPES, DISK_AND_IMAGE_SHAPES),
  'Microsoft.Network': parseShapes(NETWORK_SHAPES),
};

/** Compute calls this type otherwise in its messages than in its documents. */
const SPOKEN_NAMES: Record<string, string> = {
  VirtualMachineScaleSetVMProfile: 'VirtualMachineProfile',
  OsProfile: 'OSProfile',
  VirtualMachineScaleSetOSProfile: 'OSProfile',
};

interface Place {
  namespace: string;
  path: string;
}

function refuse(place: Place, message: string): ArmError {
  if (place.namespace === 'Microsoft.Network') {
    const detail = { code: 'InvalidJson', message: `${message} Path '${place.path}', line 1, position 1.` };
    return new ArmError(400, 'InvalidRequestFormat', {
      message: 'Cannot parse the request.',
      details: [detail],
    });
  }
  return badRequest('BadRequest', message, place.path);
}

function convertError(place: Place, value: unknown, wanted: string): ArmError {
  return refuse(place, `Error converting value ${JSON.stringify(value)} to type '${wanted}'.`);
}

function checkValue(value: unknown, type: string, place: Place): void {
  if (value === null || value === undefined || type === '*') return;
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) throw convertError(place, value, 'System.Collections.Generic.List');
    value.forEach((item, index) =>
      checkValue(item, type.slice(0, -2), { ...place, path: `${place.path}[${index}]` }),
    );
  } else if (type.startsWith('{')) {
    if (typeof value !== 'object' || Array.isArray(value))
      throw convertError(place, value, 'System.Collections.Generic.Dictionary');
    for (const [key, item] of Object.entries(value))
      checkValue(item, type.slice(1, -1), { ...place, path: `${place.path}.${key}` });
  } else if (type === 's') {
    if (typeof value === 'object') throw convertError(place, value, 'System.String');
  } else if (type === 'b') {
    if (typeof value !== 'boolean') throw convertError(place, value, 'System.Boolean');
  } else if (type === 'n') {
    if (typeof value !== 'number') throw convertError(place, value, 'System.Int32');
  } else checkObject(value, type, place);
}

function checkObject(value: unknown, type: string, place: Place): void {
  const members = SHAPES[place.namespace]?.get(type);
  if (!members) return;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw convertError(place, value, type);
  for (const [key, item] of Object.entries(value)) {
    const path = place.path ? `${place.path}.${key}` : key;
    const memberType = members.get(key);
    if (memberType === undefined) throw unknownMember(key, type, { ...place, path });
    checkValue(item, memberType, { ...place, path });
  }
}

function unknownMember(key: string, type: string, place: Place): ArmError {
  const spoken = SPOKEN_NAMES[type] ?? type;
  // The outermost level is read by ARM itself, before the provider sees it.
  if (place.path === key) {
    const message = `The request content was invalid and could not be deserialized: 'Could not find member '${key}' on object of type 'ResourceDefinition'. Path '${key}', line 1, position 1.'.`;
    return badRequest('InvalidRequestContent', message);
  }
  return refuse(place, `Could not find member '${key}' on object of type '${spoken}'`);
}

/** Throws the ArmError that Azure would answer; `shape` names a type of body-shapes/. */
export function checkBody(namespace: string, shape: string, body: unknown): void {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest(
      'InvalidRequestContent',
      "The request content was invalid and could not be deserialized: 'A JSON object is needed.'.",
    );
  }
  checkObject(body, shape, { namespace, path: '' });
}
