import type { NetworkInterfaceInfo } from 'node:os';
import type { GangMember, GangNode } from '../../shared/contracts/gangs';
import {
  chooseNodes,
  lossOf,
  mayGoOn,
  PresenceWatch,
  putOffMs,
  type SeenMember,
} from '../../worker/gang/decide';
import { hostFileText, subnetOf, withGang } from '../../worker/gang/environment';
import { codeOf } from '../../worker/gang/launches';
import { Tail } from '../../worker/gang/tail';

const node = (name: string, host = name): GangNode => ({
  ...{ agentId: name, worker: `${name}-0`, host, address: '10.0.0.4', slots: 2 },
});
const member = (name: string, changes: Partial<GangMember> = {}): GangMember => ({
  ...{ node: node(name), left: null, ends: [], ...changes },
});
const seen = (name: string, changes: Partial<SeenMember> = {}): SeenMember => ({
  ...{ member: member(name), isLeased: true, ...changes },
});
const left = { reason: 'stopping', message: '' } as const;

describe('whom a head takes', () => {
  it.each<[string, SeenMember[], string[] | undefined]>([
    ['as many as it needs', [seen('b'), seen('c'), seen('d')], ['a', 'b', 'c']],
    ['none while it has not all', [seen('b')], undefined],
    ['none that is silent', [seen('b', { isLeased: false }), seen('c'), seen('d')], ['a', 'c', 'd']],
    ['none that has left', [seen('b', { member: member('b', { left }) }), seen('c')], undefined],
    ['not itself', [seen('a'), seen('c')], undefined],
    [
      'no two of one host name',
      [seen('b'), seen('c', { member: { ...member('c'), node: node('c', 'b') } })],
      undefined,
    ],
  ])('is %s', (_what, members, chosen) => {
    expect(chooseNodes(node('a'), members, 3)?.map(({ agentId }) => agentId)).toEqual(chosen);
  });
});

describe('a head that waits', () => {
  it.each([
    ['goes on while its VMs are there', { present: 3, waitedMs: 9999 }, true],
    ['goes on where nobody can say', { present: undefined, waitedMs: 9999 }, true],
    ['gives up where there are not as many VMs', { present: 2, waitedMs: 0 }, false],
    ['gives up when its time is over', { present: 3, waitedMs: 10_000 }, false],
  ])('%s', (_what, at, goesOn) => expect(mayGoOn({ nodes: 3, limitMs: 10_000, ...at })).toBe(goesOn));

  it.each([
    ['busy', 0, 1000],
    ['busy', 1, 3000],
    ['short', 0, 5000],
    ['short', 1, 15_000],
  ] as const)('comes again, where it was %s and chance is %s, after %s ms', (why, random, ms) =>
    expect(putOffMs(why, 1000, random)).toBe(ms),
  );
});

describe('a member', () => {
  it.each([
    ['that is there takes nothing with it', null, 'there', undefined],
    ['that is silent has time to speak', null, 'silent', undefined],
    ['that is lost takes the gang with it', null, 'lost', 'silent'],
    ['that left as it was told does not', 'ended', 'lost', undefined],
    ['that was evicted does', 'evicted', 'there', 'evicted'],
  ] as const)('%s', (_what, reason, presence, loss) => {
    const told = member('b', { left: reason && { reason, message: '' } });
    expect(lossOf(told, presence)?.reason).toBe(loss);
  });

  it('is lost half a lease after its own has lapsed, not if storage was away for both', () => {
    const watch = new PresenceWatch(1000);
    expect(watch.note(true, 0)).toBe('there');
    expect(watch.note(false, 1000)).toBe('silent');
    watch.blind();
    expect(watch.note(false, 5000)).toBe('silent');
    expect(watch.note(false, 5499)).toBe('silent');
    expect(watch.note(false, 5500)).toBe('lost');
    expect(watch.note(true, 5600)).toBe('there');
  });
});

describe('what a task is told of its gang', () => {
  it('names hosts with the ranks that each takes: the job’s, or one for each of its cores', () => {
    expect(hostFileText([node('a'), node('b')], 4)).toBe('a slots=4\nb slots=4\n');
    expect(hostFileText([node('a'), node('b')], undefined)).toBe('a slots=2\nb slots=2\n');
  });

  const interfaces = {
    lo: [{ family: 'IPv4', cidr: '127.0.0.1/8' }],
    docker0: [{ family: 'IPv4', cidr: '172.17.0.1/16' }],
    eth0: [
      { family: 'IPv6', cidr: 'fe80::1/64' },
      { family: 'IPv4', cidr: '10.1.3.4/22' },
    ],
  } as unknown as Record<string, NetworkInterfaceInfo[]>;
  it.each([
    ['10.1.3.4', '10.1.0.0/22'],
    ['10.1.2.7', '10.1.0.0/22'],
    ['127.176.0.5', '127.0.0.0/8'],
    ['192.168.0.1', undefined],
    ['', undefined],
  ])('for the address %s is the subnet %s', (address, subnet) =>
    expect(subnetOf(address, interfaces)).toBe(subnet),
  );

  it('gives way to what the job sets for MPI, and to nothing else', () => {
    const gang = { OMPI_MCA_btl_tcp_if_include: '10.0.0.0/24', MUSTER_NODES: '2' };
    const job = { OMPI_MCA_btl_tcp_if_include: 'eth1', MUSTER_NODES: '9', A: 'b' };
    expect(withGang(gang, job)).toEqual({ OMPI_MCA_btl_tcp_if_include: 'eth1', MUSTER_NODES: '2', A: 'b' });
  });
});

test('of what a command says the end is kept', async () => {
  const tail = new Tail(5);
  for (const text of ['ab', 'cd', 'efg', 'h']) await tail.write(Buffer.from(text));
  expect(tail.text).toBe('defgh');
});

test.each([
  [{ exitCode: 3, signal: null }, 3],
  [{ exitCode: null, signal: 'SIGKILL' as const }, 137],
])('%j is code %s, as a shell has it', (exit, code) => expect(codeOf(exit)).toBe(code));
