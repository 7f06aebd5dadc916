import { describe, expect, it } from '@jest/globals';
import { HorizontalPodAutoscalers, KubeError } from '../kube/mod.ts';
import { FakeApi } from '../kube/testing/fake-api.ts';
import { ManualClock } from '../kube/testing/manual-clock.ts';
import { Rivals, rivalsOf } from './rivals.ts';

const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'order' };
const scaler = (kind: string, scaleTargetRef: object) => ({
  apiVersion: '',
  kind,
  metadata: { namespace: 'n', name: 'x' },
  spec: { scaleTargetRef: { name: 'order', ...scaleTargetRef } },
});

describe('rivalsOf', () => {
  it.each([
    ['the same target', scaler('HorizontalPodAutoscaler', target), ['HorizontalPodAutoscaler x']],
    [
      'another version of it',
      scaler('HorizontalPodAutoscaler', { ...target, apiVersion: 'apps/v1beta2' }),
      ['HorizontalPodAutoscaler x'],
    ],
    ['what KEDA takes for a Deployment', scaler('ScaledObject', {}), ['ScaledObject x']],
    ['another name', scaler('ScaledObject', { name: 'other' }), []],
    ['another kind', scaler('ScaledObject', { kind: 'StatefulSet' }), []],
    ['another group', scaler('ScaledObject', { apiVersion: 'argoproj.io/v1alpha1' }), []],
  ])('%s', (_what, each, rivals) => expect(rivalsOf(target, [each])).toEqual(rivals));
});

describe('Rivals', () => {
  const hpa = {
    ...scaler('HorizontalPodAutoscaler', target),
    apiVersion: 'autoscaling/v2',
  };

  it('lists a namespace once for all who ask, and again later', async () => {
    const api = new FakeApi();
    const clock = new ManualClock();
    const rivals = new Rivals(api, clock);
    expect(await Promise.all([rivals.of('n', target), rivals.of('n', target)])).toEqual([[], []]);
    await api.create(HorizontalPodAutoscalers, hpa);
    expect(await rivals.of('n', target)).toEqual([]);
    expect(api.calls.filter(({ verb }) => verb === 'list')).toHaveLength(2);
    await clock.advance(10_000);
    expect(await rivals.of('n', target)).toEqual(['HorizontalPodAutoscaler x']);
  });

  it('does without KEDA', async () => {
    const api = new FakeApi({
      before: ({ resource }) =>
        resource === 'scaledobjects'
          ? Promise.reject(new KubeError('NotFound', 'no such resource', { status: 404 }))
          : Promise.resolve(),
    });
    await api.create(HorizontalPodAutoscalers, hpa);
    expect(await new Rivals(api, new ManualClock()).of('n', target)).toEqual(['HorizontalPodAutoscaler x']);
  });

  it('does not take what it may not see for nothing', async () => {
    const api = new FakeApi({
      before: () => Promise.reject(new KubeError('Forbidden', 'no', { status: 403 })),
    });
    await expect(new Rivals(api, new ManualClock()).of('n', target)).rejects.toMatchObject({
      code: 'Forbidden',
    });
  });
});
