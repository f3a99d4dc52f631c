import { readConfig } from '../../shared/config';

const valid = {
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  MUSTER_SIGNING_KEY: 'k'.repeat(32),
  MUSTER_PUBLIC_URL: 'https://muster.example/',
};

function problemsOf(environment: Record<string, string | undefined>): string {
  try {
    readConfig(environment);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('The settings were taken.');
}

test('takes the settings that are needed and knows the others by default', () => {
  expect(readConfig(valid)).toMatchObject({
    publicUrl: 'https://muster.example',
    MUSTER_ARM_ENDPOINT: 'https://management.azure.com',
    MUSTER_BUSY_LOOK_MS: 5_000,
    MUSTER_TASK_LEASE_MS: 60_000,
  });
});

test('reads numbers, and takes an empty setting for none', () => {
  const config = readConfig({ ...valid, MUSTER_BUSY_LOOK_MS: '250', MUSTER_RETRY_BASE_MS: '' });
  expect(config).toMatchObject({ MUSTER_BUSY_LOOK_MS: 250, MUSTER_RETRY_BASE_MS: 2_000 });
});

test.each([
  ['muster.azurewebsites.net', 'https://muster.azurewebsites.net'],
  ['127.0.0.1:7071', 'http://127.0.0.1:7071'],
  ['localhost:7071', 'http://localhost:7071'],
])('knows its URL by the host name %s that Azure gives it', (WEBSITE_HOSTNAME, publicUrl) => {
  expect(readConfig({ ...valid, MUSTER_PUBLIC_URL: undefined, WEBSITE_HOSTNAME }).publicUrl).toBe(publicUrl);
});

test("prefers the URL it is given to Azure's", () => {
  expect(readConfig({ ...valid, WEBSITE_HOSTNAME: 'other' }).publicUrl).toBe('https://muster.example');
});

test("takes the storage account's name in place of a connection string", () => {
  const { AzureWebJobsStorage: _, ...rest } = valid;
  expect(() => readConfig({ ...rest, AzureWebJobsStorage__accountName: 'account' })).not.toThrow();
});

test('lists everything that is missing at once', () => {
  const message = problemsOf({});
  for (const name of ['AzureWebJobsStorage', 'MUSTER_SIGNING_KEY', 'MUSTER_PUBLIC_URL']) {
    expect(message).toContain(`${name}: `);
  }
});

test('lists everything that is wrong together with what is missing, and tells no value', () => {
  const wrong = {
    MUSTER_SIGNING_KEY: 'short-secret',
    MUSTER_ARM_ENDPOINT: 'not-a-url-secret',
    MUSTER_PUBLIC_URL: 'nor-this-secret',
    MUSTER_BUSY_LOOK_MS: 'soon-secret',
    MUSTER_RETRY_MAX_MS: '-5',
    MUSTER_KILL_GRACE_MS: '1.5',
  };
  const message = problemsOf(wrong);
  for (const name of [...Object.keys(wrong), 'AzureWebJobsStorage']) expect(message).toContain(`${name}: `);
  expect(message).not.toMatch(/secret|-5|1\.5/);
});
