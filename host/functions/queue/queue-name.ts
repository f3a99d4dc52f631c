/** The rule of Azure Storage: 3-63 lower-case letters, digits and single hyphens, not at either end. */
export function isQueueName(name: string): boolean {
  return name.length >= 3 && name.length <= 63 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name);
}

const poisonSuffix = '-poison';

/** Where messages go that keep failing; a poison queue has none itself. */
export function poisonQueueOf(queueName: string): string | undefined {
  return queueName.endsWith(poisonSuffix) ? undefined : `${queueName}${poisonSuffix}`;
}
