import { type z } from 'zod';
import { JobRequest, ScaleSetRequest, VirtualMachineTemplate } from '../../../shared/contracts';
import { problemsOf } from '../../../functions/http/problems';

const target = { scaleSet: 'cbox' };

function problems(schema: z.ZodType, body: unknown): [code: string, target: string | undefined][] {
  const parsed = schema.safeParse(body);
  if (parsed.success) throw new Error('The body was taken.');
  return problemsOf(parsed.error).map((problem) => [problem.code, problem.target]);
}

test.each<[string, z.ZodType, unknown, [string, string][]]>([
  ['a field that is missing', ScaleSetRequest, { template: 'a' }, [['MissingField', 'capacity']]],
  [
    'every one of several',
    ScaleSetRequest,
    {},
    [
      ['MissingField', 'template'],
      ['MissingField', 'capacity'],
    ],
  ],
  [
    'each field that is unknown',
    ScaleSetRequest,
    { template: 'a', capacity: 1, size: 2, colour: 'red' },
    [
      ['UnknownField', 'size'],
      ['UnknownField', 'colour'],
    ],
  ],
  [
    'a field of the wrong type',
    ScaleSetRequest,
    { template: 'a', capacity: 'x' },
    [['InvalidField', 'capacity']],
  ],
  [
    'one problem of each kind, together',
    ScaleSetRequest,
    { template: '-', size: 1 },
    [
      ['InvalidField', 'template'],
      ['MissingField', 'capacity'],
      ['UnknownField', 'size'],
    ],
  ],
  ['a body that is no object', ScaleSetRequest, [], [['InvalidField', '(body)']]],
  ['null for a body', ScaleSetRequest, null, [['InvalidField', '(body)']]],
  [
    'an element of an array, by its number',
    JobRequest,
    { target, run: { program: 'a', arguments: ['b', 3, 'c', null] } },
    [
      ['InvalidField', 'run.arguments[1]'],
      ['InvalidField', 'run.arguments[3]'],
    ],
  ],
  ['a union that is missing', JobRequest, { target }, [['MissingField', 'run']]],
  [
    'the program, where the rest is that of a program',
    JobRequest,
    { target, run: { program: 1 } },
    [['InvalidField', 'run.program']],
  ],
  [
    'the field that is too many, where the rest is that of a script',
    JobRequest,
    { target, run: { script: 'a', arguments: ['b'] } },
    [['UnknownField', 'run.arguments']],
  ],
  [
    'the value of a record',
    JobRequest,
    { target, run: { program: 'a' }, environmentVariables: { A: 1 } },
    [['InvalidField', 'environmentVariables.A']],
  ],
  [
    'the key of a record',
    JobRequest,
    { target, run: { program: 'a' }, environmentVariables: { '1A': 'b' } },
    [['InvalidField', 'environmentVariables.1A']],
  ],
])('names %s', (_what, schema, body, expected) => {
  const found = problems(schema, body);
  expect(found).toHaveLength(expected.length);
  expect(found).toEqual(expect.arrayContaining(expected));
});

test('says of the key of a record what a key must be', () => {
  const parsed = JobRequest.safeParse({ target, run: { program: 'a' }, environmentVariables: { '1A': 'b' } });
  const [problem] = problemsOf(parsed.error!);
  expect(problem?.message).toContain('must be a name of letters, digits and "_"');
});

test('reaches into unions in arrays in objects, and sets the path before', () => {
  const value = {
    location: 'x',
    properties: {
      hardwareProfile: { vmSize: 's' },
      storageProfile: { imageReference: { publisher: 'p', offer: 'o', sku: 's', versoin: '1' } },
    },
  };
  const parsed = VirtualMachineTemplate.safeParse({ value });
  const targets = problemsOf(parsed.error!, 'template').map((problem) => problem.target);
  const at = 'template.value.properties.storageProfile.imageReference';
  expect(targets.sort()).toEqual([`${at}.version`, `${at}.versoin`]);
});
