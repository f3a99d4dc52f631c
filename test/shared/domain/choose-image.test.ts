import { addressImage, chooseVersion, withImage } from '../../../shared/domain';

const place = { subscriptionId: 'mine', resourceGroup: 'rg-mine' };
const id = (subscription: string, group: string, rest: string): string =>
  `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Compute/${rest}`;
const inGallery = { id: id('theirs', 'rg-images', 'galleries/gal/images/linux') };
const withVersion = { id: `${inGallery.id}/versions/1.0.0` };
const managed = { id: id('mine', 'rg-mine', 'images/linux') };
const theirs = { subscriptionId: 'theirs', resourceGroup: 'rg-images', gallery: 'gal', name: 'linux' };

describe('what a selection leaves out is as in the template:', () => {
  test.each([
    [{}, inGallery, theirs],
    [{ version: '2.0.0' }, withVersion, theirs],
    [{ name: 'other' }, withVersion, { ...theirs, name: 'other' }],
    [
      { subscriptionId: 'third', resourceGroup: 'rg' },
      inGallery,
      { ...theirs, subscriptionId: 'third', resourceGroup: 'rg' },
    ],
    [{ gallery: 'g', name: 'n' }, managed, { ...place, gallery: 'g', name: 'n' }],
    [{ gallery: 'g' }, managed, { missing: ['name'] }],
    [{}, { publisher: 'p', offer: 'o', sku: 's', version: 'latest' }, { missing: ['gallery', 'name'] }],
  ])('%j of %j', (selection, template, expected) => {
    expect(addressImage(selection, template, place)).toEqual(expected);
  });
});

const version = (name: string, changes: object = {}) => ({
  name,
  provisioningState: 'Succeeded',
  isExcludedFromLatest: false,
  regions: ['West Europe'],
  osDiskSizeGb: 30,
  ...changes,
});

describe('the version taken', () => {
  const versions = [
    version('1.9.0'),
    version('1.10.0'),
    version('1.2.11'),
    version('2.0.0', { isExcludedFromLatest: true }),
    version('2.1.0', { provisioningState: 'Creating' }),
    version('2.2.0', { regions: ['eastus'] }),
  ];
  test.each<[string, { version?: string; location: string }, string | undefined]>([
    [
      'is the highest by number that is ready, replicated and not excluded',
      { location: 'westeurope' },
      '1.10.0',
    ],
    ['is one of the region', { location: 'eastus' }, '2.2.0'],
    ['is the one named, even if excluded', { version: '2.0.0', location: 'westeurope' }, '2.0.0'],
    ['is none where the one named is not there', { version: '3.0.0', location: 'westeurope' }, undefined],
    ['is none where none is in the region', { location: 'norwayeast' }, undefined],
  ])('%s', (_what, wanted, expected) => {
    expect(chooseVersion(versions, wanted)?.name).toBe(expected);
  });

  test('may lie anywhere where Azure does not say the regions', () => {
    expect(chooseVersion([version('1.0.0', { regions: [] })], { location: 'eastus' })?.name).toBe('1.0.0');
  });
});

describe('the OS disk', () => {
  test.each([
    ['smaller than the image grows to it', 60, 127, 127],
    ['larger than the image stays', 200, 127, 200],
    ['of an image of unknown size stays', 60, null, 60],
    ['without a size stays without one', undefined, 127, undefined],
  ])('%s', (_what, diskSizeGB, osDiskSizeGb, expected) => {
    const before = { imageReference: inGallery, osDisk: { createOption: 'FromImage' as const, diskSizeGB } };
    const copy = structuredClone(before);
    const after = withImage(before, theirs, { name: '1.10.0', osDiskSizeGb });
    expect(after.osDisk.diskSizeGB).toBe(expected);
    expect(after.imageReference).toEqual({ id: `${inGallery.id}/versions/1.10.0` });
    expect(before).toEqual(copy);
  });
});
