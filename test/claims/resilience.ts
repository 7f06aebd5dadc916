/** What a cluster and its operator stand: failures of members, nodes and networks, and of the operator itself. */
import { inFile, type Chapter } from './claim.ts';

const cluster = (name: string, ...titles: readonly string[]) =>
  inFile(`operator/src/cluster/${name}.test.ts`, ...titles);
const e2e = (name: string, ...titles: readonly string[]) => inFile(`test/e2e/${name}.test.ts`, ...titles);
const fakes = (name: string, ...titles: readonly string[]) => inFile(`test/fakes/${name}.test.ts`, ...titles);
const traffic = (name: string, ...titles: readonly string[]) =>
  inFile(`test/traffic/${name}.test.ts`, ...titles);
const chaosTest = (name: string, ...titles: readonly string[]) =>
  inFile(`test/chaos/${name}.test.ts`, ...titles);
const crash = (...titles: readonly string[]) => inFile('test/integration/crash-safety.test.ts', ...titles);

const failover: Chapter = {
  heading: 'Failover',
  claims: [
    {
      says: '**Failover** tuned as ops §3.6',
      tests: e2e('failover', 'comes back ${String(KILLS)} times and loses nothing'),
    },
    {
      says: 'after an election: replicas re-attached at once',
      tests: [
        ...cluster('membership', 'reattachments'),
        ...cluster('standstill', 'a replica apart from its master'),
        ...fakes(
          'contract',
          'a broker that was unregistered is listed again once its permission is set, be it to what it is',
        ),
        ...e2e('contract', 'keeps the contract that the fakes keep'),
      ],
    },
    { says: 'role labels', tests: cluster('pod-marks', 'move with the mastership') },
    {
      says: 'declared topics and groups re-applied',
      tests: [
        ...inFile(
          'operator/src/topic/loop.test.ts',
          'writes nothing while mastership moves, and restores the topic on the new master',
        ),
        ...inFile('operator/src/group/loop.test.ts', 'are restored on a new master that has them not'),
      ],
    },
    {
      says: 'sync-state set restored',
      tests: [
        ...cluster('divergence', 'a group whose replicas cannot follow'),
        ...e2e('failover', 'comes back ${String(KILLS)} times and loses nothing'),
        ...e2e('outage', 'heals by itself, without losing what was acknowledged'),
      ],
    },
    {
      says: 'event and metrics with the timings',
      tests: [
        ...cluster('failover', 'a failover', 'no failover'),
        ...cluster('failover-metrics', 'failoverMetrics'),
        ...cluster(
          'mastership',
          'tells of a failover and of its end, by events and by metrics, and of no hand-over',
        ),
        ...e2e('failover', 'comes back ${String(KILLS)} times and loses nothing'),
      ],
    },
    {
      says: 'A hung (SIGSTOP) master: handled, tested, its behaviour and time documented',
      tests: [
        ...cluster('stuck', 'a broker that does not answer', 'a controller that does not answer'),
        ...e2e('failures', 'gets another master when its own hangs, and the hung process is ended'),
      ],
    },
    {
      says: 'a stopped node: handled, tested, its behaviour and time documented',
      tests: e2e('failures', 'outlives a node that stops, with the master on it'),
    },
    {
      says: 'a lost volume (new identity, the old one cleaned from the controller): handled, tested, its behaviour and time documented',
      tests: [
        ...cluster('membership', 'goneIdentities'),
        ...e2e(
          'failures',
          'gets back a master that lost its volume as a new member, and forgets the old one',
        ),
      ],
    },
    {
      says: 'a partition between master and controllers: handled, tested, its behaviour and time documented',
      tests: [
        ...cluster('stuck', 'a former master that answers'),
        ...cluster(
          'mastership',
          'closes a deposed master before it restarts it: what it takes meanwhile is lost',
        ),
        ...e2e(
          'failures',
          'gets another master when its own is cut off from the controllers, and loses nothing',
        ),
      ],
    },
    {
      says: "loss of the controllers' majority: handled, tested, its behaviour and time documented",
      tests: e2e(
        'controllers-away',
        'takes no message without a majority of them while its master %s, and all of them afterwards',
      ),
    },
  ],
};

const crashSafety: Chapter = {
  heading: 'Crash safety',
  claims: [
    {
      says: "the real API server behind a proxy that cuts the operator's connection and kills it after call k",
      tests: crash('$name, at every call'),
    },
    {
      says: 'and fake brokers, name servers and controllers that behave as the real ones (one contract suite runs against both)',
      tests: [
        ...fakes('contract', '%s'),
        ...fakes('live-cluster', 'a cluster whose processes come and go'),
        ...e2e('contract', 'keeps the contract that the fakes keep'),
      ],
    },
    {
      says: 'for create, edit, roll, failover and delete, for every k: convergence without orphan, duplicate or loss',
      tests: crash('in a state that has all that was asked for', '$name, at every call'),
    },
    { says: 'Print the calls per scenario and that each k ran', tests: crash('and that is reported') },
  ],
};

const chaos: Chapter = {
  heading: 'Chaos',
  claims: [
    {
      says: '**Chaos suite** (`test/chaos`, `npm run test:chaos -- --minutes N --seed S`) on real kind',
      tests: [],
      report: 'chaos.md',
    },
    {
      says: 'sequence-numbered producers and consumers',
      tests: [...traffic('probe/produce', 'produce'), ...traffic('probe/consume', 'readQueue')],
    },
    {
      says: 'an independent checker that accounts for every acknowledged message',
      tests: traffic('record/check', 'checkLane', 'a planted fault in any good log', 'checkGroups'),
    },
    {
      says: 'faults in random order: kill and stop of every role, node stop, network cut, full disk (a size-limited volume), operator kill, API server restart',
      tests: [
        ...chaosTest(
          'plan/plan',
          'is the same for the same seed, and another for another',
          'has every kind once before any comes twice',
        ),
        ...inFile('test/e2e/harness/node-scripts.test.ts', 'scripts for nodes'),
      ],
      report: 'chaos.md',
      lacks: 'a run that lasts until every kind has come: the report says which ones it had',
    },
  ],
};

export const resilience: readonly Chapter[] = [failover, crashSafety, chaos];
