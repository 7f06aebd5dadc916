/** Topics, consumer groups and users. What is not there yet says so. */
import { inFile, type Chapter } from './claim.ts';

const unit = (name: string, ...titles: readonly string[]) =>
  inFile(`operator/src/${name}.test.ts`, ...titles);
const e2e = (name: string, ...titles: readonly string[]) => inFile(`test/e2e/${name}.test.ts`, ...titles);

const loop: Chapter = {
  heading: 'One loop',
  claims: [
    {
      says: '`observe` (one list call a broker, shared by every object of the cluster), `diff`, `apply` (batched, only what differs; single calls for servers without lists), `verify`, `remove`',
      tests: [
        ...unit(
          'topic/loop',
          'serves many objects with a few calls, and an unchanged cluster with no write at all',
        ),
        ...unit('group/loop', 'are made on every master in one list request, and read by the list alone'),
        ...unit('objects/plan', 'writes only where it differs'),
        ...unit('objects/judge', 'believes the master, not the answer to the write'),
        ...unit('topic/deletion', 'is one of many that go at once'),
        ...e2e('deleted-objects', 'are nowhere any more when their objects are gone'),
      ],
    },
    {
      says: 'A bad object never fails its batch mates',
      tests: unit('topic/loop', 'one refused topic fails alone, in the broker’s own words'),
    },
    {
      says: 'User edits overtake periodic resyncs',
      tests: unit('objects/plan', 'lets edits through first and loses nobody'),
    },
    {
      says: 'A hung broker delays only its own',
      tests: unit(
        'topic/loop',
        'a broker that hangs is named, is not taken for empty, and the other groups get the topic',
        'a hung cluster delays only itself',
      ),
    },
  ],
};

const topic: Chapter = {
  heading: 'Topic',
  claims: [
    {
      says: 'type, queues per broker (growing; shrinking in two phases with the drain between), permission, attributes',
      tests: [
        ...unit('topic/diff', 'compareTopic', 'properties'),
        ...unit('topic/loop', 'grows'),
        ...unit('topic/shrinking', 'a topic that is to have fewer queues'),
        ...e2e(
          'shrunk-topic',
          'takes no messages in those that go, and keeps them while a group has one to read',
          'gives them up once it was read',
        ),
      ],
    },
    {
      says: 'all groups or named ones',
      tests: [
        ...unit('topic/broker-groups', 'a topic with brokerGroups'),
        ...e2e('shrunk-topic', 'is there, is routed there, and nowhere else'),
      ],
    },
    {
      says: '`Retain | Delete` with guards (`onlyIfEmpty`, `onlyIfUnused`), `Adopt | Fail | Observe`',
      tests: [
        ...unit(
          'topic/deletion',
          'a topic whose object is deleted',
          'a topic that is guarded',
          'what is not the object’s own',
        ),
        ...unit('topic/loop', 'a topic that was there before its object'),
        ...e2e(
          'deleted-objects',
          'a topic that may go only when it is empty',
          'a topic that is to be retained',
        ),
      ],
    },
    {
      says: 'status with total queues, subscribed groups, and per-broker state where brokers differ',
      tests: [
        ...unit(
          'topic/loop',
          'creates on every master, waits for every route, and says where',
          'a broker that hangs is named, is not taken for empty, and the other groups get the topic',
        ),
        ...unit('lag/readers', 'observeReaders', 'readersStatus'),
        ...unit(
          'lag/controller',
          'tells a topic which groups read it, and takes it away when that is unknown',
        ),
      ],
    },
  ],
};

const group: Chapter = {
  heading: 'ConsumerGroup',
  claims: [
    {
      says: 'ordered, broadcast, retry policy (exponential or custom)',
      tests: unit('group/diff', 'translates order, broadcast and retries', 'compareGroup'),
    },
    {
      says: 'lag, oldest age, members, in flight and dead letters as metrics and coarse status: unknown is unknown',
      tests: [
        ...unit('lag/backlog', 'backlogOf', 'deadLettersOf'),
        ...unit('lag/observe', 'observeConsumption'),
        ...unit('lag/members', 'observeMembers'),
        ...unit('lag/in-flight', 'observeInFlight', 'inFlightByGroup'),
        ...unit('lag/prometheus-text', 'sampleIn'),
        ...unit('lag/controller', 'the controller of lag'),
        ...e2e(
          'consumption',
          'is told to be, with its lag and the age of what waits',
          'is told to have caught up',
          'has members',
        ),
      ],
      lacks: 'in flight: no test asks a real broker under messages of a gRPC group',
    },
    {
      says: '`spec.resetOffset {id, to, dryRun}`, run once per id',
      tests: [
        ...unit('group/reset/progress', 'nextStep'),
        ...unit('group/reset/controller', 'a reset of offsets'),
        ...e2e('consumption', 'reads everything again when its offsets are reset'),
      ],
    },
  ],
};

const access: Chapter = {
  heading: 'ACL and User',
  claims: [
    {
      says: '`security.acl` enabled on a new and on a running cluster in two passes under traffic',
      tests: [
        ...unit('cluster/access', 'a cluster with access control'),
        ...unit('cluster/access-control', 'a new cluster with access control', 'a cluster that runs'),
        ...e2e(
          'access-switched-on',
          'comes under traffic that loses nothing, as soon as the users are there',
        ),
        ...e2e('access', 'is Ready, and takes nothing that nobody signed'),
      ],
    },
    {
      says: 'operator and inner credentials generated once, never regenerated by accident, rotated on request; the bootstrap password rotated at once',
      tests: [
        ...unit(
          'cluster/access-control',
          'starts nothing before its credentials are stored, and checks requests from the start',
          'touches no Secret of somebody else',
          'goes on to sign when it is switched off',
          'inner credentials that somebody deleted',
          'inner credentials that are to be rotated',
        ),
        ...unit('cluster/rotation', 'planRotation', 'what a broker is told'),
        ...e2e(
          'access',
          'rotates its own credentials: every broker restarts with new ones, and the old ones end',
        ),
      ],
      lacks: 'there is no bootstrap password (decision 15)',
    },
    {
      says: 'User: Normal or Super, its Secret generated or given, rotation with overlap by two RocketMQ users, policies exact, on every broker including replicas and those created later',
      tests: [
        ...unit('user/diff', 'compareUser', 'declareUser'),
        ...unit('user/loop', 'users on brokers', 'credentials of users'),
        ...unit('user/credentials/rotation', 'nextState', 'a rotation'),
        ...unit('user/controller', 'credentials that the operator makes', 'credentials that are given'),
        ...e2e(
          'access',
          'lets a user do what its policies allow, and nothing else',
          'keeps users on every member, also on one whose volume was lost',
          'makes a user again that somebody deleted on a broker',
          'serves its users after a failover',
          'rotates credentials: both work for a while, and then the old ones end',
          'ends the credentials of a user that is deleted',
          'shows no credentials anywhere but in Secrets',
        ),
      ],
      lacks: 'ca.crt: nothing is encrypted yet',
    },
  ],
};

const ownership: Chapter = {
  heading: 'Ownership, names, import, bundle, benchmarks',
  claims: [
    {
      says: 'first declared wins deterministically, the loser says `Conflict` and its deletion touches nothing; the winner’s deletion hands over; pre-existing objects without a CR are never changed',
      tests: [
        ...unit('objects/roster', 'Roster'),
        ...unit('topic/loop', 'the first declared owns it, the other says so and takes over when it goes'),
        ...unit('topic/deletion', 'is kept where another object declares it, which takes over'),
        ...inFile(
          'test/properties/objects.test.ts',
          'are as their owners say; what nobody declared is as it was, nothing goes unasked, and then nothing is written',
        ),
      ],
    },
    {
      says: 'namespaces attach only where `allowedNamespaces` consents, and withdrawing consent stops management and deletes nothing',
      tests: [
        ...unit('api/allowed-namespaces', 'selects', 'consentOf', 'allowedNamespaces'),
        ...unit('objects/consent', 'consentTo'),
        ...unit(
          'topic/allowed-namespaces',
          'a topic of another namespace',
          'a topic whose namespace is allowed no more',
          'a topic that two namespaces declare',
          'a namespace that is not known',
        ),
        ...unit('user/controller', 'a User of another namespace'),
        ...unit('lag/controller', 'tells of groups of other namespaces as long as the cluster allows them'),
        ...unit(
          'group/reset/controller',
          'waits until the cluster takes objects of the namespace of the group',
        ),
        ...e2e('in-other-namespaces', 'a topic of another namespace'),
      ],
    },
    {
      says: 'finalizers let go within 30 s when the cluster is gone, deleting or hibernated, in any order',
      tests: [
        ...unit('going-clusters', 'a topic', 'a consumer group', 'a user'),
        ...unit(
          'topic/deletion',
          '%s is kept on the brokers, and its object goes',
          'goes while its object waits for brokers that are away lets that go',
        ),
        ...e2e('namespace-deletion', 'is gone in time, although the operator is killed half-way'),
      ],
      lacks: 'nothing hibernates yet',
    },
    {
      says: '`%RETRY%`, `%DLQ%`, system names, 127 and 120 characters, percent signs, upper case: as RocketMQ’s own validator has it, both ways, in CEL and in unit tables',
      tests: [...unit('api/names', 'topic %j: %s', 'group %j: %s', 'puts every reserved name into the rule')],
    },
    {
      says: 'a command that writes the CRs for everything that lives on a running cluster',
      tests: [
        ...unit('cli/import/plan', 'an import of topics', 'an import of consumer groups'),
        ...unit('cli/import/users', 'an import of users'),
        ...unit('cli/import/observe', 'what an import looks at'),
        ...e2e('import', 'writes down what nobody declared, untyped and unlike topics too'),
      ],
      lacks: 'users on a real cluster; a mixed topic on a real broker, which has to allow them',
    },
    {
      says: '`charts/exchange` turns ACL on; the order service uses its own User with least privilege; a network policy leaves clients only the proxy',
      tests: [
        ...unit('cluster/access-control', 'network policies'),
        ...e2e(
          'exchange-access',
          'serves orders from end to end by a User of its own, also across a rotation',
        ),
        ...e2e('access', 'has network policies for as long as they are asked for'),
      ],
      lacks: 'the values for kind leave access control off: the tests ask brokers themselves',
    },
    {
      says: 'Benchmarks that print spread: 1,000 Topics at once → Ready; 5,000-topic resync; one edit → Ready during it; memory; the same by `mqadmin` and by a raw loop',
      tests: [],
      lacks: 'measured by `npm run bench`, which no test repeats: [benchmarks.md](../benchmarks.md)',
    },
  ],
};

export const objects: readonly Chapter[] = [loop, topic, group, access, ownership];
