export type Settings = Record<string, string>;

/** Where a Slurm of the bench's own has its files, and what it listens on. */
export interface Place {
  folder: string;
  /** The node's own files, which live as long as a job does. */
  spoolFolder: string;
  user: string;
  slurmctldPort: number;
  slurmdPort: number;
}

export const nodeName = 'localhost';

export function mungeSocket(folder: string): string {
  return `${folder}/munge.socket`;
}

/** As Slurm's guide to high throughput has it, and as it measured best for short jobs. */
export const tunedSettings: Settings = {
  SchedulerType: 'sched/builtin',
  SchedulerParameters: 'batch_sched_delay=0',
  // slurmctld looks at its queue once a second. Where a node has an epilog it does so as well the moment that a job has ended.
  Epilog: '/bin/true',
  PriorityType: 'priority/basic',
  SelectType: 'select/cons_tres',
  SelectTypeParameters: 'CR_CPU',
  ProctrackType: 'proctrack/pgid',
  TaskPlugin: 'task/none',
  JobAcctGatherType: 'jobacct_gather/none',
  JobCompType: 'jobcomp/none',
  AccountingStorageType: 'accounting_storage/none',
  MpiDefault: 'none',
  MinJobAge: '2',
  MaxArraySize: '10001',
  CompleteWait: '0',
  KillWait: '1',
  SlurmctldDebug: 'error',
  SlurmdDebug: 'error',
  // The node has as many slots as are asked for, whatever the machine has of cores.
  SlurmdParameters: 'config_overrides',
};

/** Every step of a job asks hwloc what the machine looks like; told so, hwloc does not look. */
export const slurmdEnvironment = { HWLOC_SYNTHETIC: 'pu:1' };

export function placeSettings(place: Place): Settings {
  const { folder, spoolFolder, user } = place;
  return {
    ClusterName: 'bench',
    SlurmctldHost: `${nodeName}(127.0.0.1)`,
    SlurmUser: user,
    SlurmdUser: user,
    AuthType: 'auth/munge',
    AuthInfo: `socket=${mungeSocket(folder)}`,
    CredType: 'cred/munge',
    SlurmctldPort: String(place.slurmctldPort),
    SlurmdPort: String(place.slurmdPort),
    SlurmctldPidFile: `${folder}/slurmctld.pid`,
    SlurmdPidFile: `${folder}/slurmd.pid`,
    StateSaveLocation: `${folder}/state`,
    SlurmdSpoolDir: spoolFolder,
    MailProg: '/bin/true',
    ReturnToService: '2',
  };
}

/** The text of slurm.conf. */
export function configurationText(settings: Settings, slots: number): string {
  return [
    ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
    `NodeName=${nodeName} NodeAddr=127.0.0.1 CPUs=${slots} State=UNKNOWN`,
    `PartitionName=main Nodes=${nodeName} Default=YES MaxTime=INFINITE State=UP`,
    '',
  ].join('\n');
}
