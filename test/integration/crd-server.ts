import { readdir, readFile } from 'node:fs/promises';
import { Agent, request, type RequestOptions } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { z } from 'zod';

const answerBody = z.looseObject({
  message: z.string().optional(),
  metadata: z.looseObject({ resourceVersion: z.string().optional() }).optional(),
  details: z
    .looseObject({
      causes: z
        .array(
          z.object({
            reason: z.string().optional(),
            message: z.string().optional(),
            field: z.string().optional(),
          }),
        )
        .optional(),
    })
    .optional(),
  status: z.unknown().optional(),
  spec: z.unknown().optional(),
});

/** What the API server says, refusals included. */
export interface Answer {
  readonly status: number;
  readonly body: z.output<typeof answerBody>;
}

const crdFolder = new URL('../../crds/', import.meta.url);

function parseAnswer(status: number, text: string): Answer | Error {
  try {
    return { status, body: answerBody.parse(JSON.parse(text)) };
  } catch (cause) {
    return new Error(`no answer of an API server: ${text.slice(0, 200)}`, { cause });
  }
}

/** A real API server over plain HTTP: a client library would convert, prune or validate on the way. */
export class ApiServer {
  readonly #server: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: Agent;

  private constructor(server: URL, options: RequestOptions) {
    this.#server = server;
    const { headers = {} } = options;
    this.#headers = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    const { ca, cert, key, rejectUnauthorized } = options;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: 8,
      ...Object.fromEntries(
        Object.entries({ ca, cert, key, rejectUnauthorized }).filter(([, value]) => value !== undefined),
      ),
    });
  }

  /** The server of KUBECONFIG. */
  static async connect(): Promise<ApiServer> {
    const config = new KubeConfig();
    config.loadFromDefault();
    const cluster = config.getCurrentCluster();
    if (!cluster) throw new Error('KUBECONFIG names no cluster');
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return new ApiServer(new URL(cluster.server), options);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** A text is sent as it is, anything else as JSON. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<Answer> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request(
        new URL(path, this.#server),
        {
          method,
          agent: this.#agent,
          headers: {
            ...this.#headers,
            accept: 'application/json',
            ...(text !== undefined && {
              'content-type': contentType,
              'content-length': Buffer.byteLength(text),
            }),
          },
          timeout: 20_000,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const answer = parseAnswer(response.statusCode ?? 0, Buffer.concat(chunks).toString('utf8'));
            if (answer instanceof Error) reject(answer);
            else resolve(answer);
          });
        },
      );
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} took more than 20 s`)));
      sent.on('error', reject);
      sent.end(text);
    });
  }

  /** Applies every CRD of crds/ and waits until the server serves the new schema. */
  async installCrds(): Promise<readonly string[]> {
    const files = (await readdir(crdFolder)).filter((name) => name.endsWith('.yaml'));
    return Promise.all(
      files.map(async (file) => {
        const [group = '', plural = ''] = file.replace('.yaml', '').split('_');
        const name = `${plural}.${group}`;
        await this.#installCrd(name, await readFile(new URL(file, crdFolder), 'utf8'));
        return name;
      }),
    );
  }

  async #installCrd(name: string, yaml: string): Promise<void> {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
    const applied = await this.call(
      'PATCH',
      `${path}?fieldManager=gantry-crd-test&force=true&fieldValidation=Strict`,
      yaml,
      'application/apply-patch+yaml',
    );
    if (applied.status >= 300) throw new Error(`${name}: ${applied.body.message ?? applied.status}`);
    const established = z.object({
      // null until the server has looked at a new CRD.
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
        .nullish(),
    });
    const deadline = Date.now() + 20_000;
    for (;;) {
      const status = established.parse((await this.call('GET', path)).body.status ?? {});
      const conditions = status.conditions ?? [];
      const broken = conditions.find((each) => each.type === 'NonStructuralSchema' && each.status === 'True');
      if (broken) throw new Error(`${name} is not structural: ${broken.message ?? ''}`);
      if (conditions.some((each) => each.type === 'Established' && each.status === 'True')) return;
      if (Date.now() > deadline) throw new Error(`${name} was not established within 20 s`);
      await sleep(100);
    }
  }

  async createNamespace(name: string): Promise<void> {
    const answer = await this.call('POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    });
    if (answer.status !== 201 && answer.status !== 409)
      throw new Error(`namespace ${name}: ${answer.status}`);
  }

  async deleteNamespace(name: string): Promise<void> {
    await this.call('DELETE', `/api/v1/namespaces/${name}`);
  }
}
