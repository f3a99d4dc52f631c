import type { RegisteredFunction } from './core-module';
import type { BindingInfo } from './core-types';
import { readTrigger, type Trigger } from './triggers';
import { readOutput, type QueueOutput } from './outputs';

/** A registered function in the host's own terms, read once at start. */
export interface FunctionDefinition {
  name: string;
  registered: RegisteredFunction;
  trigger: Trigger;
  triggerBinding: string;
  /** Names of the durable client input bindings. */
  durableClients: string[];
  outputs: QueueOutput[];
  /** Switched off by the setting `AzureWebJobs.<name>.Disabled`. */
  disabled: boolean;
}

const isTrigger = (binding: BindingInfo): boolean => /trigger$/i.test(binding.type ?? '');
const durableClientTypes = ['durableclient', 'orchestrationclient'];
const validName = /^[a-z][a-z0-9_-]{0,127}$/i;

export function defineFunctions(
  functions: RegisteredFunction[],
  environment: NodeJS.ProcessEnv,
  problems: string[],
): FunctionDefinition[] {
  reportNames(functions, problems);
  return functions.flatMap((registered) => {
    const ownProblems: string[] = [];
    const definition = defineFunction(registered, environment, ownProblems);
    problems.push(...ownProblems.map((problem) => `Function "${registered.metadata.name}": ${problem}`));
    return definition ? [definition] : [];
  });
}

function reportNames(functions: RegisteredFunction[], problems: string[]): void {
  const seen = new Map<string, string>();
  for (const { metadata } of functions) {
    const other = seen.get(metadata.name.toLowerCase());
    if (other !== undefined) {
      problems.push(`Functions "${other}" and "${metadata.name}" have the same name: case does not count.`);
    }
    if (!validName.test(metadata.name)) {
      problems.push(
        `Function "${metadata.name}": a name is a letter, then letters, digits, "_" or "-", 128 at most.`,
      );
    }
    seen.set(metadata.name.toLowerCase(), metadata.name);
  }
}

function defineFunction(
  registered: RegisteredFunction,
  environment: NodeJS.ProcessEnv,
  problems: string[],
): FunctionDefinition | undefined {
  const { name, bindings } = registered.metadata;
  const entries = Object.entries(bindings);
  const triggers = entries.filter(([, binding]) => isTrigger(binding));
  const [found] = triggers;
  if (!found || triggers.length > 1) {
    problems.push(`it has ${triggers.length} triggers; a function has one.`);
    return undefined;
  }
  const [triggerBinding, triggerInfo] = found;
  const trigger = readTrigger(name, triggerInfo, { environment, problems });
  const outputs: QueueOutput[] = [];
  const durableClients: string[] = [];
  for (const [bindingName, binding] of entries) {
    if (isTrigger(binding)) {
      continue;
    }
    if (binding.direction === 'out') {
      outputs.push(...readOutput(bindingName, binding, { environment, problems }));
    } else if (durableClientTypes.includes((binding.type ?? '').toLowerCase())) {
      durableClients.push(bindingName);
    } else {
      problems.push(
        `input binding "${bindingName}" has type "${binding.type}", which this host does not have.`,
      );
    }
  }
  const disabled = /^(1|true)$/i.test(environment[`AzureWebJobs.${name}.Disabled`] ?? '');
  return trigger && { name, registered, trigger, triggerBinding, durableClients, outputs, disabled };
}
