import type { FunctionDefinition } from './function-definitions';
import type { HostConfig } from './host-config';
import { shapeOf } from './http/router';
import type { HttpTrigger } from './triggers';

const reserved = ['admin', 'runtime'];

/** Routes that two functions claim, or that the host keeps for itself. */
export function routeProblems(definitions: FunctionDefinition[], config: HostConfig): string[] {
  const problems: string[] = [];
  const claimed = new Map<string, string>();
  for (const { name, trigger } of definitions) {
    if (trigger.kind !== 'http') {
      continue;
    }
    if (config.routePrefix === '' && reserved.includes(firstLiteral(trigger))) {
      problems.push(`Function "${name}": route "${trigger.route.text}" is reserved for the host.`);
    }
    for (const method of trigger.methods) {
      const key = `${method} ${shapeOf(trigger.route)}`;
      const other = claimed.get(key);
      if (other !== undefined) {
        problems.push(
          `Functions "${other}" and "${name}" both take ${method} on route "${trigger.route.text}".`,
        );
        break;
      }
      claimed.set(key, name);
    }
  }
  return problems;
}

function firstLiteral({ route }: HttpTrigger): string {
  const part = route.segments[0]?.[0];
  return part?.kind === 'literal' ? part.text.toLowerCase() : '';
}
