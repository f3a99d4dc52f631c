import { createHmac } from 'node:crypto';
import type { Owner } from '../../../shared/contracts';
import { agentToken, joinToken, readAgentToken, refuseJoin } from '../../../shared/domain';

const signingKey = 'k'.repeat(32);
const owner: Owner = { kind: 'scale-set', name: 'CBox', incarnation: '0a1b2c3d' };
const at = { now: 1_000, signingKey };
const valid = joinToken(owner, 2_000, signingKey);
const [payload = '', signature = ''] = valid.split('.');

function signed(text: string, key = signingKey): string {
  const encoded = Buffer.from(text).toString('base64url');
  return `${encoded}.${createHmac('sha256', key).update(encoded).digest('base64url')}`;
}

test('a join token admits to its owner, however the name is written', () => {
  expect(refuseJoin(valid, owner, at)).toBeUndefined();
  expect(refuseJoin(valid, { ...owner, name: 'cbox' }, at)).toBeUndefined();
});

test('a join token holds nothing of the signing key', () => {
  expect(Buffer.from(payload, 'base64url').toString()).not.toContain(signingKey);
});

test.each([
  ['at its last moment', 2_000, 'has expired'],
  ['afterwards', 2_001, 'has expired'],
])('a join token is refused %s', (_when, now, why) => {
  expect(refuseJoin(valid, owner, { now, signingKey })).toContain(why);
});

test.each<[string, Owner]>([
  ['scale set', { ...owner, name: 'other' }],
  ['incarnation', { ...owner, incarnation: '11111111' }],
  ['kind', { ...owner, kind: 'virtual-machine' }],
])('a join token is refused for another %s', (_what, other) => {
  expect(refuseJoin(valid, other, at)).toContain('another scale set or virtual machine');
});

const forged: [string, string][] = [
  ['nothing', ''],
  ['one dot', '.'],
  ['dots', '...'],
  ['no signature', `${payload}.`],
  ['no payload', `.${signature}`],
  ['a third part', `${valid}.x`],
  ['another signature of the same length', `${payload}.${'A'.repeat(signature.length)}`],
  ['a longer signature', `${valid}AA`],
  ['a shorter one', valid.slice(0, -1)],
  ['a signature that begins well, in wide characters', `${payload}.${'é'.repeat(signature.length)}`],
  ['another payload', `${Buffer.from('{"use":"join"}').toString('base64url')}.${signature}`],
  ['another key', joinToken(owner, 2_000, 'x'.repeat(32))],
  ['NULs', '\0.\0'],
  ['an agent token', agentToken(owner, 'vm-1', signingKey)],
];

test.each(forged)('a join token of %s is refused and does not throw', (_what, token) => {
  expect(refuseJoin(token, owner, at)).toBe('The join token is not one of this control plane.');
});

test.each([
  ...forged.filter(([what]) => what !== 'an agent token'),
  ['a join token', valid] as [string, string],
])('an agent token of %s is refused and does not throw', (_what, token) => {
  expect(readAgentToken(token, signingKey)).toBeUndefined();
});

test.each(['', 'null', '[]', '"text"', '{', '{"use":"agent"}', '{"use":"agent","agentId":""}'])(
  'a genuine signature over %j does not make it a token',
  (text) => {
    expect(refuseJoin(signed(text), owner, at)).toBe('The join token is not one of this control plane.');
    expect(readAgentToken(signed(text), signingKey)).toBeUndefined();
  },
);

test('a join token without an end admits nobody', () => {
  const endless = signed(JSON.stringify({ use: 'join', owner: 'scale-set:cbox:0a1b2c3d' }));
  expect(refuseJoin(endless, owner, at)).toContain('has expired');
});

test('an agent token names its owner and its VM', () => {
  expect(readAgentToken(agentToken(owner, 'vm-1', signingKey), signingKey)).toEqual({
    ownerKey: 'scale-set:cbox:0a1b2c3d',
    agentId: 'vm-1',
  });
  expect(readAgentToken(agentToken(owner, 'vm-1', 'x'.repeat(32)), signingKey)).toBeUndefined();
});
