/**
 * Running a cluster: what it is configured with, how it changes, what it says of itself. A test stands only for what it
 * would fail without; a sentence that no test shows says so.
 */
import { inFile, type Chapter } from './claim.ts';

const cluster = (name: string, ...titles: readonly string[]) =>
  inFile(`operator/src/cluster/${name}.test.ts`, ...titles);
const e2e = (name: string, ...titles: readonly string[]) => inFile(`test/e2e/${name}.test.ts`, ...titles);

const configuration: Chapter = {
  heading: 'Configuration',
  claims: [
    {
      says: 'key tables per supported version for brokers, name servers, controllers and proxies',
      tests: cluster(
        'config/config',
        'have defaults that they would accept themselves',
        'is judged by that version',
      ),
    },
    {
      says: 'owned, restart and live keys (live only with a test that saw the effect)',
      tests: [
        ...cluster('config/config', 'judges %s=%s', 'can all be said, with their default among others'),
        ...cluster('restart-reasons', 'for no setting that it takes over'),
        ...inFile('test/claims/claims.test.ts', '%s: a live setting, of which a test saw the effect'),
        ...e2e(
          'live-config',
          'slaveReadEnable: a replica that refused to be read is read',
          'transactionTimeOut, transactionCheckInterval and transactionCheckMax: a transaction is asked about later, more often, and given up',
          'deleteWhen: files that are old enough go in their hour',
          'fileReservedTime: files go when they become old enough',
          'diskMaxUsedSpaceRatio: files that are old enough go when the disk is fuller',
        ),
      ],
    },
    {
      says: 'push and read-back of live keys',
      tests: [
        ...cluster('live-settings', 'liveSettings'),
        ...cluster(
          'reconcile',
          'takes a live setting over without a restart, into running brokers and into the files of later ones',
        ),
        ...inFile(
          'test/fakes/contract.test.ts',
          'a broker takes over settings that it knows and can parse, and says success to all others',
        ),
        ...e2e('live-config', 'restarts nobody, and loses nothing', 'restarted nobody'),
      ],
    },
    {
      says: '`ConfigValid`',
      tests: [
        ...cluster('status', 'names the wrong key and the right one'),
        ...cluster('reconcile', 'keeps running with the last valid settings, and says which key is wrong'),
        ...e2e('show6-two-clusters', 'the broken one says within 60 s what is wrong and what cures it'),
      ],
    },
    {
      says: 'drift made by hand repaired or reported',
      tests: [
        ...cluster('drift', 'driftWarnings'),
        ...cluster('reconcile', 'takes back what was changed by hand, and tells of what it cannot'),
        ...e2e(
          'live-config',
          'takes back a live setting that was changed by hand, and says so',
          'warns of another setting that was changed by hand, without being less Ready',
        ),
      ],
    },
    {
      says: 'old spellings named',
      tests: cluster('config/config', 'of a broker: %s=%s', 'of a name server: %s=%s'),
    },
    {
      says: 'every key of source-design.md §13 can be said',
      tests: cluster('config/config', 'the settings of the source design'),
    },
  ],
};

const staticMode: Chapter = {
  heading: 'Static mode',
  claims: [
    {
      says: 'the fixed master and SYNC_MASTER/SLAVE of the source design, that refuses instead of delaying when a replica is missing',
      tests: [
        ...cluster('config/config', 'the file of a broker with a fixed role'),
        ...cluster(
          'static-mode',
          'says why a group refuses sends when too few follow, and that it takes them again',
        ),
        ...e2e('static', 'has every send refused at once, and is told to be so'),
      ],
    },
    {
      says: 'it reports failures and never pretends to fail over',
      tests: [
        ...cluster('static-groups', 'refusals', 'a master that has lost messages'),
        ...cluster('static-mode', 'reports a master that is away, and elects nobody'),
        ...e2e('static', 'says that its group takes no writes, and nobody takes its place'),
      ],
    },
  ],
};

const rollout: Chapter = {
  heading: 'Rollout',
  claims: [
    {
      says: 'typed restart reasons (at least ten), each from its own small checker',
      tests: cluster('restart-reasons', 'why a broker restarts', 'why others restart'),
    },
    {
      says: 'the order and gates of the design',
      tests: [
        ...cluster(
          'rollout',
          'reaches every pod, never has two away, and stops each leader last, a master never',
          'waits for %s',
          'whatever the state',
        ),
        ...e2e(
          'rollout',
          'restarts every broker, and nobody else',
          'never has fewer than two members of a group up',
          'loses nothing that was acknowledged',
        ),
        ...e2e(
          'upgrade-under-load',
          'gets another setting',
          'has lost nothing, in no step and in no group',
          'has never had fewer than two members of a group up',
        ),
      ],
    },
    {
      says: 'mastership handed over before the old master stops',
      tests: [
        ...cluster(
          'rollout',
          'hands a master over only when everybody is well, to one that runs the new revision',
        ),
        ...cluster(
          'mastership',
          'keeps a master while its heir does not have everything, and says what is missing',
        ),
        ...cluster('departure', 'a master whose pod was deleted'),
        ...cluster('resources/pre-stop', 'a broker that is asked to stop'),
        ...cluster('mastership', 'whose pod is on its way out'),
        ...e2e('rollout', 'hands each group over once, before its master stops'),
        ...e2e('upgrade', 'takes along what was committed last'),
        ...e2e('deleted-master', 'hands over before it ends, each time, and nothing is lost'),
      ],
    },
    {
      says: 'a bad revision stops at its first member, is Stalled with the reason within 60 s, and a corrected spec heals it without hand work, also when another member is evicted meanwhile',
      tests: [
        ...cluster('rollout', 'stops at the first member of a bad revision, and a corrected one heals it'),
        ...cluster(
          'reconcile',
          'brings an evicted member back as it was while another one fails with the new revision',
        ),
        ...e2e(
          'bad-revision',
          'is Stalled with the reason within a minute',
          'reaches the first member, and nobody who is evicted meanwhile',
          'heals with the next edit, and has lost nothing',
        ),
      ],
    },
    {
      says: 'pause, resume, abort, manual restart by annotation',
      tests: [
        ...cluster('break-glass', 'the pause', 'a restart on request'),
        ...cluster(
          'reconcile',
          'changes nothing while it is paused, says what is left to do, and then does it',
          'restarts everything that is older than a person wants it to be, once',
        ),
        ...cluster(
          'mastership',
          'opens it also when the cluster was paused meanwhile, but not what a person closed',
        ),
        ...cluster(
          'rollout',
          'taken back half-way, leaves alone who has not restarted, and brings back who has',
          'restarts whom a person wants restarted, in the same order and with the same care',
        ),
        ...e2e(
          'annotations',
          'lets nothing happen, and a change that is taken back on the way leaves the rest alone',
        ),
        ...e2e('upgrade-under-load', 'restarts when it is asked to'),
      ],
    },
    {
      says: '`maintenanceWindows`',
      tests: [
        ...cluster('maintenance', 'maintenance windows'),
        ...cluster('rollout', 'while the maintenance windows are closed'),
        ...cluster(
          'reconcile',
          'keeps a change for a maintenance window, works on meanwhile, and says how far it is',
        ),
      ],
    },
    {
      says: 'version steps from the table, others refused',
      tests: [
        ...cluster('versions', 'versionProblems'),
        ...cluster('reconcile', 'refuses a version that it cannot become, and goes on with what runs'),
        ...e2e('upgrade', 'a step from 5.4.0 to 5.5.0', 'is refused with its reason, and nothing restarts'),
      ],
    },
    {
      says: 'upgrading the operator alone restarts nothing',
      tests: [
        ...cluster(
          'revision',
          'is what runs while the spec is the same, and says that a newer operator differs',
          'brings nothing else of a newer operator along',
        ),
        ...cluster('plan', 'what a newer operator would make otherwise'),
        ...e2e(
          'operator-upgrade',
          'restarts no pod of any cluster',
          'takes a live setting over, and restarts no pod for that either',
        ),
      ],
    },
  ],
};

const placement: Chapter = {
  heading: 'Placement and drain',
  claims: [
    {
      says: 'members of a group spread by default',
      tests: [
        ...cluster(
          'resources/resources',
          'spreads the members of a group over the nodes, and the pods of each other component',
        ),
        ...e2e('drain', 'finds the members of a group on as many nodes'),
      ],
    },
    {
      says: 'budgets by role',
      tests: cluster(
        'resources/resources',
        'never evicts a master, and has no budget where a single pod would block every drain',
      ),
    },
    {
      says: 'hand-over on cordon and drain: each node drained in turn, unaided, under traffic',
      tests: [
        ...cluster('nodes', 'isDeparting'),
        ...cluster('departure', 'handOverBeforeDrain', 'a rollout beside a drain', 'strandedMasters'),
        ...e2e('drain', 'passes unaided and loses nothing'),
      ],
    },
  ],
};

const breakGlass: Chapter = {
  heading: 'Break-glass',
  claims: [
    {
      says: '**Break-glass** annotations of the design',
      tests: [
        ...cluster('break-glass', 'the pause', 'a restart on request'),
        ...cluster('emergency', 'a fence', 'a rebuild'),
        ...cluster(
          'reconcile',
          'keeps a broker down while an annotation says so, after handing its group over, and keeps its volume',
          'makes the volume of a broker anew on request, once',
        ),
        ...e2e('annotations', 'a pause', 'a fence', 'a rebuild'),
      ],
      lacks: 'one unclean election is not offered: [emergency.md](../guide/emergency.md) says why',
    },
  ],
};

const status: Chapter = {
  heading: 'Status',
  claims: [
    {
      says: '**Status** that is kstatus-correct in every state',
      tests: [...cluster('kstatus', 'kstatus'), ...cluster('status', 'conditionDrafts')],
    },
    {
      says: '`groups[]` with master, epoch, members in sync',
      tests: [
        ...cluster('roles', 'memberFacts', 'groupFacts'),
        ...cluster('reconcile', 'starts, with the proxies last, and then writes nothing more'),
        ...e2e('show3-cluster', 'tells the same in its status'),
      ],
    },
    { says: 'rollout progress', tests: cluster('rollout-status', 'status.rollout') },
    {
      says: '`kubectl wait` works',
      tests: e2e('show3-cluster', 'is waited for by kubectl, which shows it in one line'),
    },
    {
      says: 'printer columns that answer: is it healthy, what is it doing, why',
      tests: [
        ...inFile(
          'operator/src/api/rules.test.ts',
          'answers in one line: what runs, whether each group has a master, how far a rollout is, and why',
        ),
        ...e2e('show3-cluster', 'is waited for by kubectl, which shows it in one line'),
      ],
    },
  ],
};

export const operation: readonly Chapter[] = [
  configuration,
  staticMode,
  rollout,
  placement,
  breakGlass,
  status,
];
