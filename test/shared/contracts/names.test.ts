import { nameKey, Owner, ownerKey, ResourceName, type OwnerKind } from '../../../shared/contracts';

const owner = { kind: 'scale-set' as OwnerKind, name: 'CBox', incarnation: '0a1b2c3d' };

test.each(['a', '7', 'cbox', 'My.Box_2', 'a-b', 'x'.repeat(54)])('%j is a name', (name) => {
  expect(ResourceName.safeParse(name).success).toBe(true);
});

test.each([
  '',
  '-a',
  'a-',
  '_a',
  'a_',
  '.a',
  'a.',
  'a b',
  'a/b',
  'a:b',
  'a\nb',
  'a\n',
  'é',
  'x'.repeat(55),
  '../a',
  'a#b',
  'a?b',
  'a\\b',
])('%j is no name', (name) => {
  expect(ResourceName.safeParse(name).success).toBe(false);
});

test('an owner has one key, however its name is written, and another of each kind and incarnation', () => {
  expect(ownerKey(owner)).toBe('scale-set:cbox:0a1b2c3d');
  expect(ownerKey({ ...owner, name: 'cbox' })).toBe(ownerKey(owner));
  const keys = [owner, { ...owner, kind: 'virtual-machine' as const }, { ...owner, incarnation: '00000000' }];
  expect(new Set(keys.map(ownerKey)).size).toBe(3);
  expect(nameKey('CBox')).toBe('cbox');
});

// Azure Table Storage takes none of / \ # ? and no control characters in a key.
test('the key of every owner is one that a table takes', () => {
  const key = ownerKey({ ...owner, name: 'a.-_b' });
  expect(key).toMatch(/^[^/\\#?\p{Cc}]+$/u);
});

test.each([
  { ...owner, incarnation: 'short' },
  { ...owner, incarnation: '0A1B2C3D' },
  { ...owner, kind: 'cluster' },
  { ...owner, extra: 1 },
])('%j is no owner', (value) => {
  expect(Owner.safeParse(value).success).toBe(false);
});
