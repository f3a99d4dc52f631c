import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCredential } from '../../../shared/azure';

/** The token endpoint of a function app, which the embedded host serves as well. */
async function startIdentityEndpoint() {
  const asked: { query: Record<string, string>; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://identity');
    asked.push({ query: Object.fromEntries(url.searchParams), headers: request.headers });
    const expires_on = String(Math.floor(Date.now() / 1000) + 86_400);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ access_token: 'token-of-the-app', expires_on, token_type: 'Bearer' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/msi/token`;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { asked, url, stop };
}

test('a function app asks its own token endpoint, for the identity that is configured', async () => {
  const endpoint = await startIdentityEndpoint();
  const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = process.env;
  Object.assign(process.env, { IDENTITY_ENDPOINT: endpoint.url, IDENTITY_HEADER: 'header-1' });
  try {
    const credential = createCredential({ AZURE_CLIENT_ID: 'client-1' });
    const token = await credential.getToken('https://management.azure.com/.default');
    expect(token?.token).toBe('token-of-the-app');
    expect(endpoint.asked).toMatchObject([
      {
        query: { resource: 'https://management.azure.com', client_id: 'client-1' },
        headers: { 'x-identity-header': 'header-1' },
      },
    ]);
  } finally {
    restore({ IDENTITY_ENDPOINT, IDENTITY_HEADER });
    await endpoint.stop();
  }
});

function restore(variables: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
