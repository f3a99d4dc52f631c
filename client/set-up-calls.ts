import type {
  EnvironmentView,
  ImportReport,
  Manifest,
  QuotaView,
  TemplateKind,
  TemplateView,
} from '../shared/contracts';
import type { z } from 'zod';
import { Transport } from './transport';

/** Whether so many more VMs of a size fit into a region; without a size, all of its limits. */
export interface QuotaQuestion {
  location: string;
  subscriptionId?: string;
  size?: string;
  count?: number;
  priority?: 'Regular' | 'Spot';
}

/** What is set up once, and asked before: manifest, templates, environments, quota. */
export abstract class SetUpCalls extends Transport {
  getHealth(): Promise<{ status: string; version: string }> {
    return this.json('GET', '/api/health');
  }

  putManifest(manifest: z.input<typeof Manifest>): Promise<Manifest> {
    return this.json('PUT', '/api/manifest', { body: manifest });
  }
  /** AzManagers' folder: its files, and public keys (`*.pub`), by name. Answers what became of each entry. */
  importAzManagers(files: Record<string, unknown>): Promise<ImportReport> {
    return this.json('POST', '/api/import', { body: { files } });
  }
  putTemplate(kind: TemplateKind, name: string, template: object): Promise<unknown> {
    return this.json('PUT', `/api/templates/${kind}/${name}`, { body: template });
  }

  /** `archive`: the folder's content as tar and gzip. */
  async putEnvironment(name: string, archive: Uint8Array): Promise<EnvironmentView> {
    const response = await this.send('PUT', `/api/environments/${name}`, { bytes: archive });
    return (await response.json()) as EnvironmentView;
  }
  /** Undefined where there is none. */
  getEnvironment(name: string): Promise<EnvironmentView | undefined> {
    return this.find(`/api/environments/${name}`);
  }
  async deleteEnvironment(name: string): Promise<void> {
    await this.json('DELETE', `/api/environments/${name}`);
  }
  /** Undefined where there is none yet. */
  getManifest(): Promise<Manifest | undefined> {
    return this.find('/api/manifest');
  }
  listTemplates(kind: TemplateKind): Promise<TemplateView[]> {
    return this.listAll(`/api/templates/${kind}`);
  }
  /** Undefined where there is none. */
  getTemplate(kind: TemplateKind, name: string): Promise<TemplateView | undefined> {
    return this.find(`/api/templates/${kind}/${name}`);
  }
  /** No error where there is none. */
  async deleteTemplate(kind: TemplateKind, name: string): Promise<void> {
    await this.json('DELETE', `/api/templates/${kind}/${name}`);
  }
  listEnvironments(): Promise<EnvironmentView[]> {
    return this.listAll('/api/environments');
  }
  getQuota(question: QuotaQuestion): Promise<QuotaView> {
    const asked = new URLSearchParams();
    for (const [name, value] of Object.entries(question))
      if (value !== undefined) asked.set(name, String(value));
    return this.json('GET', `/api/quota?${asked.toString()}`);
  }
}
