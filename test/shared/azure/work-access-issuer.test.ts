import { connectStorage, createWorkAccessIssuer } from '../../../shared/azure';

const credential = {
  getToken: async () => ({ token: 'unused', expiresOnTimestamp: Date.now() + 3_600_000 }),
};
const hourMs = 3_600_000;
const owner = { kind: 'scale-set' as const, name: 'cbox', incarnation: 'aaaaaaaa' };

/** Azure alone hands out delegation keys, so these are made here; the signatures are the SDK's own. */
function identityStorage(refusal?: Error) {
  const storage = connectStorage({ AzureWebJobsStorage__accountName: 'account' }, credential);
  const asked: { from: Date; to: Date }[] = [];
  const answer = async (from: Date, to: Date) => {
    asked.push({ from, to });
    if (refusal) throw refusal;
    const key = {
      signedObjectId: 'object-id',
      signedTenantId: 'tenant-id',
      signedStartsOn: from,
      signedExpiresOn: to,
      signedService: 'b',
      signedVersion: '2026-04-06',
      value: Buffer.from('key').toString('base64'),
    };
    return key as never;
  };
  jest.spyOn(storage.blobs, 'getUserDelegationKey').mockImplementation(answer as never);
  jest.spyOn(storage.queues, 'getUserDelegationKey').mockImplementation(answer as never);
  return { storage, asked };
}

const parametersOf = (url: string) => Object.fromEntries(new URL(url).searchParams);

describe('with a managed identity', () => {
  test('signs each URL with the least it needs, by https only, in the name of the identity', async () => {
    const access = await createWorkAccessIssuer(identityStorage().storage).issue(owner, hourMs);
    const common = { spr: 'https', skoid: 'object-id', sktid: 'tenant-id' };
    expect(new URL(access.workQueueUrls.high).host).toBe('account.queue.core.windows.net');
    expect(parametersOf(access.workQueueUrls.high)).toMatchObject({ ...common, sp: 'raup' });
    expect(parametersOf(access.completionsQueueUrl)).toMatchObject({ ...common, sp: 'a' });
    expect(parametersOf(access.containerUrl)).toMatchObject({ ...common, sp: 'racwl', sr: 'c' });
    expect(Date.parse(parametersOf(access.containerUrl).st!)).toBeLessThan(Date.now() - 299_000);
  });

  test('asks for one key of each service for many signatures', async () => {
    const { storage, asked } = identityStorage();
    const issuer = createWorkAccessIssuer(storage);
    for (const name of ['a', 'b', 'c']) await issuer.issue({ ...owner, name }, hourMs);
    expect(asked).toHaveLength(2);
  });

  test('asks again where a signature would outlive the key', async () => {
    const { storage, asked } = identityStorage();
    const issuer = createWorkAccessIssuer(storage);
    await issuer.issue(owner, hourMs);
    await issuer.issue(owner, 5 * hourMs);
    expect(asked).toHaveLength(4);
    expect(asked[3]!.to.getTime()).toBeGreaterThan(Date.now() + 5 * hourMs - 60_000);
  });

  test('refuses a lifetime beyond seven days', async () => {
    const issuer = createWorkAccessIssuer(identityStorage().storage);
    await expect(issuer.issue(owner, 8 * 24 * hourMs)).rejects.toThrow(/MUSTER_ACCESS_LIFETIME_MS/);
  });

  test('says which roles are missing where Azure gives no key, and asks again the next time', async () => {
    const { storage, asked } = identityStorage(new Error('AuthorizationPermissionMismatch'));
    const issuer = createWorkAccessIssuer(storage);
    await expect(issuer.issue(owner, hourMs)).rejects.toThrow(/Delegator/);
    await expect(issuer.issue(owner, hourMs)).rejects.toThrow(/Delegator/);
    expect(asked.length).toBeGreaterThanOrEqual(4);
  });
});
