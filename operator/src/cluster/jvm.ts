/** The Java command line: heap and direct memory follow from the container's memory limit. */
import { quantityValue, type Resources } from '../api/mod.ts';
import type { Component } from './addresses.ts';

const mebi = 2 ** 20;

interface MemoryRule {
  /** Limit of a container whose spec sets none, in MiB. */
  readonly defaultLimitMi: number;
  readonly heapShare: number;
  readonly directShare: number;
}

/**
 * What is left is for metaspace, code, thread stacks and, in brokers, the timer wheel (39 MiB mapped and as much
 * direct memory) and page cache. The smallest limits that were run: broker 768 MiB, the others 384 MiB.
 */
const memoryRules: Readonly<Record<Component, MemoryRule>> = {
  nameserver: { defaultLimitMi: 1024, heapShare: 0.4, directShare: 0.2 },
  controller: { defaultLimitMi: 1024, heapShare: 0.4, directShare: 0.2 },
  broker: { defaultLimitMi: 4096, heapShare: 0.4, directShare: 0.3 },
  proxy: { defaultLimitMi: 2048, heapShare: 0.4, directShare: 0.25 },
};

const minimumLimitMi: Readonly<Record<Component, number>> = {
  nameserver: 256,
  controller: 320,
  broker: 640,
  proxy: 320,
};

const defaultRequests: Readonly<Record<Component, string>> = {
  nameserver: '100m',
  controller: '100m',
  broker: '500m',
  proxy: '250m',
};

export interface Memory {
  readonly limitMi: number;
  readonly heapMi: number;
  readonly directMi: number;
}

export function memoryOf(component: Component, resources: Resources | undefined): Memory {
  const rule = memoryRules[component];
  const bytes = quantityValue(memoryLimit(component, resources));
  const limitMi = bytes === undefined ? rule.defaultLimitMi : Math.floor(bytes / mebi);
  return {
    limitMi,
    heapMi: Math.floor(limitMi * rule.heapShare),
    directMi: Math.floor(limitMi * rule.directShare),
  };
}

/** A request above the default would be refused with it. */
function memoryLimit(component: Component, resources: Resources | undefined): string | number {
  const { defaultLimitMi } = memoryRules[component];
  const requested = resources?.requests?.memory;
  const asksForMore = requested !== undefined && (quantityValue(requested) ?? 0) > defaultLimitMi * mebi;
  return resources?.limits?.memory ?? (asksForMore ? requested : `${defaultLimitMi}Mi`);
}

/** As Kubernetes would, where the limit is below the default. */
function cpuRequest(component: Component, resources: Resources | undefined): string | number {
  const limit = resources?.limits?.cpu;
  const usual = defaultRequests[component];
  const isBelow = limit !== undefined && (quantityValue(limit) ?? Infinity) < (quantityValue(usual) ?? 0);
  return isBelow ? limit : usual;
}

/** Why a JVM of this role cannot live within its limit, or nothing. */
export function memoryProblem(component: Component, resources: Resources | undefined): string | undefined {
  const { limitMi } = memoryOf(component, resources);
  const least = minimumLimitMi[component];
  return limitMi < least ? `is ${limitMi}Mi, a ${component} needs at least ${least}Mi` : undefined;
}

type Amounts = Readonly<Record<string, string>>;

/** Requests and limits of the container: a memory limit always, since the heap follows from it. */
export function effectiveResources(
  component: Component,
  resources: Resources | undefined,
): { readonly limits: Amounts; readonly requests: Amounts } {
  const memory = memoryLimit(component, resources);
  return {
    limits: texts({ ...resources?.limits, memory }),
    requests: texts({ cpu: cpuRequest(component, resources), memory, ...resources?.requests }),
  };
}

/** YAML lets a quantity be a number; the API server stores text. */
function texts(amounts: Readonly<Record<string, string | number>>): Amounts {
  return Object.fromEntries(Object.entries(amounts).map(([key, value]) => [key, String(value)]));
}

/** Below this heap the serial collector needs less memory and pauses no longer than G1. */
const serialHeapMi = 1024;

const mainClasses: Readonly<Record<Component, string>> = {
  nameserver: 'org.apache.rocketmq.namesrv.NamesrvStartup',
  controller: 'org.apache.rocketmq.controller.ControllerStartup',
  broker: 'org.apache.rocketmq.broker.BrokerStartup',
  proxy: 'org.apache.rocketmq.proxy.ProxyStartup',
};

/**
 * Modules that RocketMQ opens by reflection. Without them jRaft's first snapshot, an hour after the start, ends
 * the leading controller in STATE_ERROR. They stand in JDK_JAVA_OPTIONS, which Java 9 and later read and the
 * Java 8 of the official image ignores.
 */
const openedPackages = [
  'java.lang',
  'java.lang.reflect',
  'java.util',
  'java.util.concurrent',
  'java.util.concurrent.atomic',
  'java.util.concurrent.locks',
  'java.nio',
  'sun.nio.ch',
];

export const jdkJavaOptions = openedPackages
  .map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`)
  .join(' ');

export const userHome = '/home/rocketmq';

export function rocketmqHome(version: string): string {
  return `${userHome}/rocketmq-${version}`;
}

/**
 * Unless told otherwise each of a process' servers makes a key and a certificate that nobody knows, at every start
 * (NettyRemotingServer, TlsSystemConfig.tlsTestModeEnable): two thirds of the processor time that a broker takes until it
 * serves. Clients of brokers and name servers do not encrypt unless told to; those of a proxy's gRPC port do.
 */
function serverEncryption(component: Component): readonly string[] {
  return component === 'proxy' ? [] : ['-Dtls.server.mode=disabled'];
}

/** Arguments of `java`; every flag is known to Java 8 and to Java 17. */
export function javaArguments(options: {
  readonly component: Component;
  readonly version: string;
  readonly resources: Resources | undefined;
  readonly logbackFile: string;
  readonly program: readonly string[];
}): readonly string[] {
  const { heapMi, directMi, limitMi } = memoryOf(options.component, options.resources);
  const home = rocketmqHome(options.version);
  return [
    `-Xms${heapMi}m`,
    `-Xmx${heapMi}m`,
    `-XX:MaxDirectMemorySize=${directMi}m`,
    heapMi < serialHeapMi ? '-XX:+UseSerialGC' : '-XX:+UseG1GC',
    '-XX:MaxMetaspaceSize=128m',
    // So small a container is one of many on a small machine: the optimizing compiler would take more time and memory
    // from the others than it ever gives back.
    ...(limitMi < 1024 ? ['-XX:TieredStopAtLevel=1', '-XX:ReservedCodeCacheSize=48m', '-Xss512k'] : []),
    '-XX:+ExitOnOutOfMemoryError',
    '-XX:-UsePerfData',
    ...serverEncryption(options.component),
    // A pod that comes back has a new address: Java would keep the old one for 30 s, a failure for 10 s.
    '-Dsun.net.inetaddr.ttl=5',
    '-Dsun.net.inetaddr.negative.ttl=1',
    `-Duser.home=${userHome}`,
    `-Drmq.logback.configurationFile=${options.logbackFile}`,
    '-cp',
    `${home}/conf:${home}/lib/*`,
    mainClasses[options.component],
    ...options.program,
  ];
}
