import { z } from 'zod';
import { NetworkInterfaceBody, ScaleSetBody, VirtualMachineBody } from '../../../shared/contracts';
import { fullNetworkInterface, fullScaleSet, fullVirtualMachine } from './full-templates';

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
}

/** Paths of every property that a schema names; array items share one path. */
function schemaPaths(schema: JsonSchema, path = ''): string[] {
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => [
    `${path}/${name}`,
    ...schemaPaths(property, `${path}/${name}`),
  ]);
  const items = schema.items ? schemaPaths(schema.items, `${path}[]`) : [];
  return [...below, ...items, ...(schema.anyOf ?? []).flatMap((one) => schemaPaths(one, path))];
}

function valuePaths(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuePaths(item, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, property]) => [
    `${path}/${name}`,
    ...valuePaths(property, `${path}/${name}`),
  ]);
}

test.each([
  ['scale set', ScaleSetBody, fullScaleSet('Uniform')],
  ['VM', VirtualMachineBody, fullVirtualMachine],
  ['network interface', NetworkInterfaceBody, fullNetworkInterface],
] as const)('the full template of a %s leaves out no property of its schema', (_, schema, template) => {
  const known = schemaPaths(z.toJSONSchema(schema, { io: 'input' }) as JsonSchema);
  const used = new Set(valuePaths(template));
  expect(known.length).toBeGreaterThan(5);
  // An image is named by id or by its four parts; the minimal templates above have the id.
  expect(known.filter((path) => !used.has(path) && !path.endsWith('/imageReference/id'))).toEqual([]);
});
