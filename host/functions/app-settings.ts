import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseJsonWithComments } from './json-with-comments';
import { messageOf } from './problems';

/** `Values` of local.settings.json into the environment; what is already set there wins, as in Core Tools. */
export function applyLocalSettings(
  directory: string,
  environment: NodeJS.ProcessEnv,
  problems: string[],
): void {
  const file = path.join(directory, 'local.settings.json');
  if (!existsSync(file)) {
    return;
  }
  try {
    const settings = parseJsonWithComments(readFileSync(file, 'utf8')) as {
      Values?: Record<string, unknown>;
    };
    for (const [name, value] of Object.entries(settings.Values ?? {})) {
      environment[name] ??= String(value);
    }
  } catch (error) {
    problems.push(`local.settings.json is not JSON: ${messageOf(error)}`);
  }
}

/** What Azure sets for a function app; app code asks it where it is running and under which name. */
export function applyAzureEnvironment(environment: NodeJS.ProcessEnv, directory: string): void {
  environment['AZURE_FUNCTIONS_ENVIRONMENT'] ??= 'Development';
  environment['FUNCTIONS_WORKER_RUNTIME'] ??= 'node';
  environment['FUNCTIONS_EXTENSION_VERSION'] ??= '~4';
  environment['WEBSITE_SITE_NAME'] ??= path.basename(directory);
  environment['AzureWebJobsScriptRoot'] ??= directory;
}

/** `%NAME%` in a binding stands for an app setting; an unknown one is a problem. */
export function resolveSettings(
  text: string,
  environment: NodeJS.ProcessEnv,
): { value: string; missing?: string } {
  let missing: string | undefined;
  const value = text.replace(/%([^%]+)%/g, (_whole, name: string) => {
    missing = environment[name] === undefined ? name : missing;
    return environment[name] ?? '';
  });
  return missing === undefined ? { value } : { value, missing };
}

/** The connection string a binding names: setting `AzureWebJobs<name>` first, then `<name>`, as the WebJobs SDK. */
export function connectionString(
  name: string | undefined,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  const setting = name === undefined || name === '' ? 'Storage' : name;
  return environment[`AzureWebJobs${setting}`] ?? environment[setting];
}
