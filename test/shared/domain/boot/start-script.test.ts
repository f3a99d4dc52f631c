import { startScript } from '../../../../shared/domain/boot/start-script';
import { ToolsOnPath } from './set-up-on-path';

const request = {
  agentConfig: {
    version: 1 as const,
    controlPlaneUrl: 'https://muster.example',
    owner: { kind: 'scale-set' as const, name: 'cbox', incarnation: '0a1b2c3d' },
    joinToken: 'join-token',
    workFolder: '/var/lib/muster/work',
    taskUser: 'muster-task',
  },
  agentSha256: 'ab'.repeat(32),
  bootCommands: [],
};

/** The start-up of a VM whose Node.js is too old, with one set-up script that ends with `code`. */
function stagesWith(code: number): string[] {
  const tools = new ToolsOnPath();
  try {
    tools.tool('prepare.sh');
    tools.tool('set-up', `exit ${code}`);
    tools.tool('node', 'echo 16');
    const setUp = [{ stage: 'scratch', path: `${tools.folder}/bin/set-up`, content: '' }];
    const script = startScript(request, setUp).replaceAll('/opt/muster', `${tools.folder}/bin`);
    const { stdout } = tools.run(script, []);
    return stdout.split('\n').filter((line) => line.startsWith('muster-boot: '));
  } finally {
    tools.dispose();
  }
}

const rest = ['muster-boot: boot-commands', 'muster-boot: node', 'muster-boot: node failed: older than 18'];

describe('the stages that a VM tells of while it starts', () => {
  it('name each step, and the one that failed with its reason', () => {
    expect(stagesWith(0)).toEqual(['muster-boot: scratch', ...rest]);
  });

  it('go on after a set-up that failed', () => {
    expect(stagesWith(3)).toEqual(['muster-boot: scratch', 'muster-boot: scratch failed with 3', ...rest]);
  });

  it('end where a set-up has ordered a reboot', () => {
    expect(stagesWith(75)).toEqual(['muster-boot: scratch', 'muster-boot: rebooting']);
  });
});
