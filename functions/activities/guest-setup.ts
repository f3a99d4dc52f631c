import {
  customData,
  joinToken,
  taskUser,
  type ScaleSetRow,
  type VirtualMachineRow,
} from '../../shared/domain';
import type { GuestSetup } from '../../shared/ports';
import type { App } from '../app';

/** What a new VM boots from: the agent's address and hash, a join token of limited life, the template's own commands. */
export function guestSetup(app: App, row: ScaleSetRow | VirtualMachineRow): GuestSetup {
  const { config, clock } = app;
  const expiresAt = clock.now() + config.MUSTER_JOIN_TOKEN_LIFETIME_MS;
  return {
    adminUsername: row.adminUsername,
    sshPublicKeys: row.sshPublicKeys,
    customData: customData({
      agentConfig: {
        version: 1,
        controlPlaneUrl: config.publicUrl,
        owner: row.owner,
        joinToken: joinToken(row.owner, expiresAt, config.MUSTER_SIGNING_KEY),
        workFolder: '/var/lib/muster/work',
        taskUser: row.guest?.taskUser ?? taskUser,
        bootReportMs: config.MUSTER_BOOT_REPORT_MS,
      },
      agentSha256: app.agentBundle().sha256,
      bootCommands: row.template.bootCommands ?? [],
      guest: row.guest,
      dataDiskLuns: dataDiskLuns(row),
    }),
  };
}

function dataDiskLuns({ template }: ScaleSetRow | VirtualMachineRow): number[] {
  const { properties } = template.value;
  const { storageProfile } = 'hardwareProfile' in properties ? properties : properties.virtualMachineProfile;
  return (storageProfile.dataDisks ?? []).map((disk) => disk.lun);
}
