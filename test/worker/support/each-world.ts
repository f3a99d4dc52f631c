import { startAzurite, type RunningAzurite } from '../../support/azurite';
import { World } from './world';

/** Gives every test a world of its own, and closes it after; all of a file are on one Azurite. */
export function eachWorld(give: (world: World) => void): void {
  let azurite: RunningAzurite;
  let world: World;
  beforeAll(async () => void (azurite = await startAzurite()), 30_000);
  afterAll(() => azurite.stop());
  beforeEach(async () => give((world = await World.create(azurite))));
  afterEach(() => world.close());
}
