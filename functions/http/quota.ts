import type { HttpRequest } from '@azure/functions';
import { z } from 'zod';
import type { QuotaView } from '../../shared/contracts';
import { answerQuota } from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { readManifest } from './manifest';
import { parseShape, type Call, type Route } from './route';

const Question = z.object({
  location: z.string().min(1),
  subscriptionId: z.guid().optional(),
  /** With a size the answer says whether `count` more VMs of it fit. */
  size: z.string().min(1).optional(),
  count: z.coerce.number().int().min(1).max(10_000).default(1),
  priority: z.enum(['Regular', 'Spot']).default('Regular'),
});

/** What a subscription may have in a region, how much of it is used, and whether more VMs fit. */
export function quotaRoutes(app: App): Route[] {
  return [{ name: 'getQuota', method: 'GET', path: 'quota', handle: (call) => getQuota(app, call) }];
}

async function getQuota(app: App, { request }: Call) {
  const question = parseShape(queryOf(request), Question);
  const subscriptionId = question.subscriptionId ?? (await readManifest(app))?.subscriptionId;
  if (!subscriptionId) {
    const message =
      'There is no manifest to take the subscription from: give subscriptionId, or PUT /api/manifest.';
    throw new ApiError(400, 'ManifestMissing', message, { target: 'subscriptionId' });
  }
  const region = { subscriptionId, location: question.location };
  const usages = await app.quota.listUsages(region);
  const { location } = question;
  const remainingCalls = app.quota.remainingCalls(subscriptionId);
  if (!question.size) return answerOf({ location, usages, remainingCalls });
  const size = await app.quota.findSize(region, question.size);
  if (!size) {
    const message = `The region ${location} does not know the size '${question.size}'.`;
    throw new ApiError(404, 'SizeNotFound', message, { target: 'size' });
  }
  const answer = answerQuota({ location, size, usages, count: question.count, priority: question.priority });
  return answerOf({ location, size, ...answer, remainingCalls });
}

function answerOf(jsonBody: QuotaView): { jsonBody: QuotaView } {
  return { jsonBody };
}

function queryOf(request: HttpRequest): Record<string, string> {
  return Object.fromEntries([...request.query.entries()].filter(([name]) => name !== 'code'));
}
