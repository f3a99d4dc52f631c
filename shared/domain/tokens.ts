import { createHmac, timingSafeEqual } from 'node:crypto';
import { ownerKey, type Owner } from '../contracts';

/**
 * Join, agent and job tokens are signed statements, not stored secrets: `{payload}.{HMAC-SHA256}`, both base64url. A join token
 * admits to one incarnation until it expires; an agent token names one VM of it; a job token names a job, until it expires. None
 * opens anything else.
 */
interface Statement {
  use: 'join' | 'agent' | 'job';
  owner?: string;
  agentId?: string;
  jobId?: string;
  expiresAt?: number;
}

interface Moment {
  now: number;
  signingKey: string;
}

export function joinToken(owner: Owner, expiresAt: number, signingKey: string): string {
  return sign({ use: 'join', owner: ownerKey(owner), expiresAt }, signingKey);
}

export function agentToken(owner: Owner, agentId: string, signingKey: string): string {
  return sign({ use: 'agent', owner: ownerKey(owner), agentId }, signingKey);
}

export function jobToken(jobId: string, expiresAt: number, signingKey: string): string {
  return sign({ use: 'job', jobId, expiresAt }, signingKey);
}

/** Undefined where it admits; else why it does not. */
export function refuseJoin(token: string, owner: Owner, at: Moment): string | undefined {
  const statement = verify(token, at.signingKey);
  if (!statement || statement.use !== 'join') return 'The join token is not one of this control plane.';
  if (statement.owner !== ownerKey(owner))
    return 'The join token was made for another scale set or virtual machine.';
  if (!statement.expiresAt || statement.expiresAt <= at.now) return 'The join token has expired.';
  return undefined;
}

/** The owner key and agent id an agent token names, or undefined where it is not genuine. */
export function readAgentToken(
  token: string,
  signingKey: string,
): { ownerKey: string; agentId: string } | undefined {
  const statement = verify(token, signingKey);
  if (!statement || statement.use !== 'agent' || !statement.agentId || !statement.owner) return undefined;
  return { ownerKey: statement.owner, agentId: statement.agentId };
}

/** The job that a token names until now; undefined where it is not genuine or has expired. */
export function readJobToken(token: string, at: Moment): string | undefined {
  const statement = verify(token, at.signingKey);
  if (!statement || statement.use !== 'job' || !statement.expiresAt || statement.expiresAt <= at.now)
    return undefined;
  return statement.jobId || undefined;
}

function sign(statement: Statement, signingKey: string): string {
  const payload = Buffer.from(JSON.stringify(statement)).toString('base64url');
  return `${payload}.${mac(payload, signingKey)}`;
}

function verify(token: string, signingKey: string): Statement | undefined {
  const [payload, signature, ...rest] = token.split('.');
  if (!payload || !signature || rest.length > 0) return undefined;
  const expected = Buffer.from(mac(payload, signingKey));
  const given = Buffer.from(signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined;
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Statement;
  } catch {
    return undefined;
  }
}

function mac(payload: string, signingKey: string): string {
  return createHmac('sha256', signingKey).update(payload).digest('base64url');
}
