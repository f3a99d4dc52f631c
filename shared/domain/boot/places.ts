/** Where the files of a VM's start-up lie. */
export const configPath = '/etc/muster/agent.json';
export const agentPath = '/opt/muster/agent.cjs';
export const preparePath = '/opt/muster/prepare.sh';
export const startPath = '/opt/muster/start.sh';
export const reportPath = '/opt/muster/report-boot.py';
export const logPath = '/var/log/muster-agent.log';
export const stagePath = '/run/muster-stage';

/** One option's part of the start-up; run before the template's own commands. */
export interface SetUpScript {
  stage: string;
  path: string;
  content: string;
}
