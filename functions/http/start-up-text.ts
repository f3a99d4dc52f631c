import { StartUpTextTooLong, type ScaleSetRow, type VirtualMachineRow } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import { guestSetup } from '../activities/guest-setup';
import type { App } from '../app';

/** The text a VM boots from is made once before anything is kept: too long for Azure, it is refused here and not hours later. */
export function refuseLongStart(app: App, row: ScaleSetRow | VirtualMachineRow): void {
  try {
    guestSetup(app, row);
  } catch (error) {
    if (!(error instanceof StartUpTextTooLong)) throw error;
    throw new ApiError(400, 'StartUpTextTooLong', error.message, { target: 'template' });
  }
}
