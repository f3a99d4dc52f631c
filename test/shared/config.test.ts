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

test.each([
  [undefined, {}],
  ['authorization=Bearer%20a%3Db%2C, x-team = hpc', { authorization: 'Bearer a=b,', 'x-team': 'hpc' }],
])('reads the headers of the log collector from %p', (MUSTER_LOGS_OTLP_HEADERS, headers) => {
  expect(readConfig({ ...valid, MUSTER_LOGS_OTLP_HEADERS }).MUSTER_LOGS_OTLP_HEADERS).toEqual(headers);
});

test.each(['no-pair-secret', 'a=%zz-secret', 'a b=secret', 'a=x%0Asecret'])(
  'refuses the header list %p, and does not tell it',
  (MUSTER_LOGS_OTLP_HEADERS) => {
    const message = problemsOf({ ...valid, MUSTER_LOGS_OTLP_HEADERS });
    expect(message).toContain('MUSTER_LOGS_OTLP_HEADERS: must be name=value pairs');
    expect(message).not.toContain('secret');
  },
);

test('takes a log collector by http and https alone', () => {
  expect(problemsOf({ ...valid, MUSTER_LOGS_OTLP_ENDPOINT: 'ftp://collector' })).toContain(
    'MUSTER_LOGS_OTLP_ENDPOINT: ',
  );
  expect(() => readConfig({ ...valid, MUSTER_LOGS_OTLP_ENDPOINT: 'http://collector:4318' })).not.toThrow();
});
