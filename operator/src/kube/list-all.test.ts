import { expect, it } from '@jest/globals';
import { listAll } from './list-all.ts';
import { Secrets } from './resource-types.ts';
import { FakeApi } from './testing/fake-api.ts';

it('lists what takes more than a page, each object once, of one namespace', async () => {
  const api = new FakeApi();
  const names = Array.from({ length: 1_001 }, (_none, index) => `s${String(index)}`);
  const make = (namespace: string, name: string) =>
    api.create(Secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name } });
  await make('another', 'not-asked-for');
  for (const name of names) await make('n', name);
  const listed = await listAll(api, Secrets, 'n');
  expect(listed.map(({ metadata }) => metadata.name).toSorted()).toEqual(names.toSorted());
  expect(api.calls.filter(({ verb }) => verb === 'list')).toHaveLength(3);
});
