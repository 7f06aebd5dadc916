import { afterEach, describe, expect, it } from '@jest/globals';
import { Namespaces, silentLogger, systemClock } from '../kube/mod.ts';
import { FakeApi } from '../kube/testing/fake-api.ts';
import { waitUntil } from '../kube/testing/wait-until.ts';
import { createNamespaceInformer, lookUpIn, watchNamespaces } from './namespaces.ts';

const stop = new AbortController();
afterEach(() => stop.abort());

describe('namespaces', () => {
  it('are known by their labels and their end, and told of when these change', async () => {
    const api = new FakeApi();
    const key = { namespace: '', name: 'orders' };
    const annotations = { 'somebody/else': 'large' };
    const metadata = { name: 'orders', labels: { team: 'a' }, annotations };
    await api.create(Namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata });
    const namespaces = createNamespaceInformer({
      client: api,
      clock: systemClock,
      random: Math.random,
      log: silentLogger,
    });
    const told: string[] = [];
    watchNamespaces(namespaces, (name) => told.push(name));
    void namespaces.run(stop.signal);
    await namespaces.synced;
    const look = lookUpIn(namespaces);
    expect(look('orders')).toEqual({ labels: { team: 'a' }, ending: false });
    expect(look('other')).toBeUndefined();
    expect(namespaces.store.get(key)?.metadata.annotations).toBeUndefined();
    expect(told).toEqual(['orders']);

    await api.mergePatch(Namespaces, key, { metadata: { annotations: { 'somebody/else': 'larger' } } });
    await api.mergePatch(Namespaces, key, { metadata: { labels: { team: null } } });
    await waitUntil('the labels are gone', () => look('orders')?.labels['team'] === undefined);
    expect(look('orders')).toEqual({ labels: {}, ending: false });
    expect(told).toEqual(['orders', 'orders']);

    await api.mergePatch(Namespaces, key, { metadata: { finalizers: ['kubernetes'] } });
    await api.delete(Namespaces, key);
    await waitUntil('it ends', () => look('orders')?.ending === true);
    await api.mergePatch(Namespaces, key, { metadata: { finalizers: [] } });
    await waitUntil('it is gone', () => look('orders') === undefined);
    expect(told).toEqual(['orders', 'orders', 'orders', 'orders']);
  });
});
