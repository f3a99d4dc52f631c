export interface StageFile {
  name: string;
  content: Buffer;
}

/** One step of boot, run by process 1 in the order of the stage's number. */
export interface Stage {
  name: string;
  /** `once`: for an instance id, as cloud-init's per-instance modules; `always`: at every boot. */
  frequency: 'once' | 'always';
  script: string;
  files?: StageFile[];
}
