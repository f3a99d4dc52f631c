/** Where the files of a VM's start-up lie. */
export const configPath = '/etc/muster/agent.json';
export const agentPath = '/opt/muster/agent.cjs';
export const preparePath = '/opt/muster/prepare.sh';
export const startPath = '/opt/muster/start.sh';

/** One option's part of the start-up; run before the template's own commands. */
export interface SetUpScript {
  stage: string;
  path: string;
  content: string;
}
