import { describe, expect, it } from '@jest/globals';
import rocketmq from 'rocketmq-client-nodejs';
import clientModule from 'rocketmq-client-nodejs/dist/client/index.js';
import endpointsModule from 'rocketmq-client-nodejs/dist/route/Endpoints.js';
import { silentLog } from '../testing/silent-log.ts';
import { toClientLogger } from './logger.ts';
import { repairClient } from './repairs.ts';

// One process, one client package: the refusal comes first, since a repaired package is not judged again.
describe('repairs of the client', () => {
  it('refuses a package that lacks what they override', () => {
    const prototype: { getRetryPolicy?: unknown } = rocketmq.PushConsumer.prototype;
    const kept = Object.getOwnPropertyDescriptor(prototype, 'getRetryPolicy');
    delete prototype.getRetryPolicy;
    try {
      const refusal = expect.objectContaining({
        code: 'IncompatibleClient',
        message: expect.stringContaining('getRetryPolicy'),
      });
      expect(() => repairClient(toClientLogger(silentLog))).toThrow(refusal);
    } finally {
      Object.defineProperty(prototype, 'getRetryPolicy', kept ?? {});
    }
  });

  it('refuses another release', () => {
    const agent = clientModule.UserAgent.INSTANCE;
    const { version } = agent;
    Object.assign(agent, { version: '1.0.9' });
    try {
      expect(() => repairClient(toClientLogger(silentLog))).toThrow(/release 1\.0\.9/);
    } finally {
      Object.assign(agent, { version });
    }
  });

  it('shares endpoints, which the client keys its connections by', () => {
    const { Endpoints: Stock } = endpointsModule;
    expect(new Stock('proxy:8081')).not.toBe(new Stock('proxy:8081'));
    repairClient(toClientLogger(silentLog));
    const { Endpoints } = endpointsModule;
    expect(new Endpoints('proxy:8081')).toBe(new Endpoints('proxy:8081'));
    expect(new Endpoints('proxy:8081')).not.toBe(new Endpoints('proxy:8082'));
  });

  it('gives every part of the client our logger', () => {
    const logger = toClientLogger(silentLog);
    repairClient(logger); // already repaired: keeps the first
    expect(clientModule.getDefaultLogger()).not.toBeUndefined();
    expect(clientModule.getDefaultLogger().constructor.name).toBe('Object');
  });
});
