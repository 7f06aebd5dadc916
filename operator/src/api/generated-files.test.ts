import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { load } from 'js-yaml';
import * as z from 'zod';
import { conditionReasons } from './conditions.ts';
import { generatedFiles } from './generated-files.ts';

const files = generatedFiles();
const content = (path: string): string => files.get(path) ?? '';
const crds = [...files.keys()].filter((path) => path.startsWith('crds/'));

describe('generated files', () => {
  it.each([...files])('%s is up to date', async (path, expected) => {
    expect(await readFile(new URL(`../../../${path}`, import.meta.url), 'utf8')).toBe(expected);
  });

  it('writes CRDs that hold the names of the API', () => {
    const crd = z.looseObject({
      metadata: z.object({ name: z.string() }),
      spec: z.looseObject({
        names: z.looseObject({ shortNames: z.array(z.string()), categories: z.array(z.string()) }),
      }),
    });
    const names = crds
      .map((path) => crd.parse(load(content(path))))
      .map(({ metadata, spec }) => [metadata.name, spec.names.shortNames, spec.names.categories]);
    expect(names).toEqual([
      ['rocketmqclusters.rocketmq.gantry.dev', ['rmqc'], ['rocketmq']],
      ['topics.rocketmq.gantry.dev', ['rmqt'], ['rocketmq']],
      ['consumergroups.rocketmq.gantry.dev', ['rmqg'], ['rocketmq']],
      ['users.rocketmq.gantry.dev', ['rmqu'], ['rocketmq']],
    ]);
  });

  it.each(crds)('%s holds nothing of ours', (path) => {
    expect(content(path)).not.toContain('x-gantry');
  });

  // kubectl apply keeps a copy in an annotation, and annotations end at 256 KiB.
  it.each(crds)('%s can be applied by kubectl', (path) => {
    expect(JSON.stringify(load(content(path))).length).toBeLessThan(200_000);
  });

  it('describes every field, rule and reason', () => {
    const cluster = content('docs/reference/rocketmqcluster.md');
    expect(cluster).toContain('| `brokers.minInSyncReplicas` | integer |');
    expect(cluster).toContain('## PodTemplate');
    expect(cluster).toContain('| `spec.brokers` | min-in-sync-within-replicas |');
    expect(cluster.match(/^## LabelSelector$/gm)).toHaveLength(1);
    for (const reason of Object.keys(conditionReasons)) {
      expect(content('docs/reference/conditions.md')).toContain(`\`${reason}\``);
    }
  });
});
