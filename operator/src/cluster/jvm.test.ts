import { describe, expect, it } from '@jest/globals';
import { javaArguments } from './jvm.ts';
import type { Component } from './addresses.ts';

describe('the arguments of java', () => {
  const of = (component: Component): readonly string[] =>
    javaArguments({
      component,
      version: '5.5.0',
      resources: undefined,
      logbackFile: '/conf/logback.xml',
      program: [],
    });

  it.each(['nameserver', 'controller', 'broker'] as const)(
    'let a %s start without making keys that nobody knows',
    (component) => {
      expect(of(component)).toContain('-Dtls.server.mode=disabled');
    },
  );

  it('leave a proxy to the gRPC clients, which encrypt unless told otherwise', () => {
    expect(of('proxy').filter((argument) => argument.startsWith('-Dtls'))).toEqual([]);
  });
});
