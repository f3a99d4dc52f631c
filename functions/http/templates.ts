import { z } from 'zod';
import {
  builderSchemas,
  nameKey,
  ResourceName,
  TemplateKind,
  templateSchemas,
  type TemplateView,
} from '../../shared/contracts';
import {
  buildNetworkInterfaceTemplate,
  buildScaleSetTemplate,
  buildVirtualMachineTemplate,
} from '../../shared/domain';
import { ApiError } from '../../shared/errors';
import type { App } from '../app';
import { parseBody, parseShape, pathParameter, type Route } from './route';

export interface TemplateRow {
  name: string;
  updatedAt: string;
  template: Record<string, unknown>;
}

/** A template of the kind, as it is now; the caller keeps a copy. `target`: the request's field that names it. */
export async function readTemplate<Template>(
  app: App,
  kind: TemplateKind,
  { name, target }: { name: string; target: string },
): Promise<Template> {
  const row = await app.records.get<TemplateRow>('templates', kind, nameKey(name));
  if (row) return row.value.template as Template;
  const message = `There is no ${kind} template '${name}': PUT /api/templates/${kind}/${name}, or list what there is with GET /api/templates/${kind}.`;
  throw new ApiError(404, 'TemplateNotFound', message, { target });
}

const view = (kind: TemplateKind, { name, updatedAt, template }: TemplateRow): TemplateView => ({
  kind,
  name,
  updatedAt,
  template,
});

/** The template that builder arguments make; 400 names every wrong one. */
function buildTemplate(kind: TemplateKind, name: string, body: unknown): object {
  switch (kind) {
    case 'scale-set':
      return buildScaleSetTemplate(name, parseShape(body, builderSchemas[kind]).builder);
    case 'virtual-machine':
      return buildVirtualMachineTemplate(parseShape(body, builderSchemas[kind]).builder);
    case 'network-interface':
      return buildNetworkInterfaceTemplate(parseShape(body, builderSchemas[kind]).builder);
  }
}

export function templateRoutes(app: App): Route[] {
  return [
    {
      name: 'listTemplates',
      method: 'GET',
      path: 'templates/{kind}',
      handle: async ({ request }) => {
        const kind = pathParameter(request, 'kind', TemplateKind);
        const rows = await app.records.list<TemplateRow>('templates', kind);
        return { jsonBody: { value: rows.map((row) => view(kind, row.value)) } };
      },
    },
    {
      name: 'getTemplate',
      method: 'GET',
      path: 'templates/{kind}/{name}',
      handle: async ({ request }) => {
        const kind = pathParameter(request, 'kind', TemplateKind);
        const name = pathParameter(request, 'name', ResourceName);
        const row = await app.records.get<TemplateRow>('templates', kind, nameKey(name));
        if (!row) throw new ApiError(404, 'TemplateNotFound', `There is no ${kind} template '${name}'.`);
        return { jsonBody: view(kind, row.value) };
      },
    },
    {
      name: 'putTemplate',
      method: 'PUT',
      path: 'templates/{kind}/{name}',
      handle: async ({ request }) => {
        const kind = pathParameter(request, 'kind', TemplateKind);
        const name = pathParameter(request, 'name', ResourceName);
        const body = await parseBody(request, z.looseObject({}));
        const asked = 'builder' in body ? buildTemplate(kind, name, body) : body;
        const template = { ...parseShape<object>(asked, templateSchemas[kind]) } as TemplateRow['template'];
        const value: TemplateRow = { name, updatedAt: new Date(app.clock.now()).toISOString(), template };
        await app.records.put('templates', { partition: kind, key: nameKey(name), value });
        return { jsonBody: view(kind, value) };
      },
    },
    {
      name: 'deleteTemplate',
      method: 'DELETE',
      path: 'templates/{kind}/{name}',
      handle: async ({ request }) => {
        const kind = pathParameter(request, 'kind', TemplateKind);
        const name = pathParameter(request, 'name', ResourceName);
        await app.records.remove('templates', kind, nameKey(name));
        return { status: 204 };
      },
    },
  ];
}
