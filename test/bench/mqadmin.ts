/** The same topics by RocketMQ's own command. */
import type { Credentials } from '../../operator/src/rocketmq/mod.ts';
import { CLUSTER, GROUPS } from './bench-objects.ts';
import type { Beside } from './beside.ts';

export interface MqadminRun {
  /** `updateTopic`, one process a topic, as its documentation has it; milliseconds a topic. */
  readonly singlyMs: number;
  /** `updateTopicList`, one process for all. */
  readonly listedMs: number;
}

export interface MqadminQuestion {
  readonly nameServers: readonly string[];
  readonly credentials: Credentials;
  /** Of the names; the topics do not exist yet. */
  readonly prefix: string;
  /** Topics that get a process each. */
  readonly singly: number;
  /** Topics of the list. */
  readonly listed: number;
}

/** @throws Error when not every master took every topic: mqadmin itself ends with 0 whatever happened */
export async function measureMqadmin(
  { shell, folder }: { readonly shell: NonNullable<Beside['shell']>; readonly folder: string },
  { nameServers, credentials, prefix, singly, listed }: MqadminQuestion,
): Promise<MqadminRun> {
  // It takes credentials from a file of the distribution, which may be read-only.
  await shell(
    `mkdir -p ${folder}/conf && ln -sfn "$ROCKETMQ_HOME/bin" "$ROCKETMQ_HOME/lib" ${folder} && cat > ${folder}/conf/tools.yml`,
    `accessKey: ${credentials.accessKey}\nsecretKey: ${credentials.secretKey}\n`,
  );
  await shell(`cat > ${folder}/topics.json`, JSON.stringify(topicList(`${prefix}-listed`, listed)));
  const mqadmin = `export ROCKETMQ_HOME=${folder}; mqadmin() { sh ${folder}/bin/mqadmin "$@" -n '${nameServers.join(';')}'; }`;
  const update = `mqadmin updateTopic -c ${CLUSTER} -t ${prefix}-singly-$i -r 4 -w 4 -a +message.type=NORMAL`;
  const timed = async (script: string, successes: number): Promise<number> => {
    const startedAt = performance.now();
    const output = await shell(`${mqadmin}\n${script}`, '');
    const tookMs = performance.now() - startedAt;
    const seen = output.split(/\bsuccess\b/).length - 1;
    if (seen !== successes) throw new Error(`mqadmin tells ${seen} of ${successes} successes:\n${output}`);
    return tookMs;
  };
  const singlyMs = await timed(
    `i=0; while [ $i -lt ${singly} ]; do ${update}; i=$((i+1)); done`,
    singly * GROUPS.length,
  );
  const list = `mqadmin updateTopicList -c ${CLUSTER} -f ${folder}/topics.json`;
  return { singlyMs: singlyMs / singly, listedMs: await timed(list, GROUPS.length) };
}

/** As a list of org.apache.rocketmq.common.TopicConfig. */
function topicList(prefix: string, count: number): readonly object[] {
  return Array.from({ length: count }, (_, index) => ({
    topicName: `${prefix}-${index}`,
    readQueueNums: 4,
    writeQueueNums: 4,
    perm: 6,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
    attributes: { '+message.type': 'NORMAL' },
  }));
}
