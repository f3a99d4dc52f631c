import { connectStorage, createRecords, prepareStorage } from '../../../shared/azure';
import { defineRecordsContract } from '../../contract/records';
import { startAzurite, type RunningAzurite } from '../../support/azurite';

let azurite: RunningAzurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.stop());

defineRecordsContract('Azure tables', async () => {
  const storage = connectStorage({ AzureWebJobsStorage: azurite.connectionString });
  await prepareStorage(storage);
  return createRecords(storage);
});

test('says that a table is missing instead of taking it for empty', async () => {
  const storage = connectStorage({ AzureWebJobsStorage: azurite.connectionString });
  await storage.table('ledger').deleteTable();
  await expect(createRecords(storage).get('ledger', 'p', 'k')).rejects.toMatchObject({ statusCode: 404 });
  await prepareStorage(storage);
  expect(await createRecords(storage).get('ledger', 'p', 'k')).toBeUndefined();
});
