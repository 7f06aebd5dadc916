/** Drives the crash runner: the operator in a pod, under its own service account, killed where the test says. */
import { buildProbe } from './bundle.ts';
import { OPERATOR, OPERATOR_NAMESPACE } from './install.ts';
import type { CrashCommand, CrashLine, KillPoint } from './probe/crash-protocol.ts';
import { pushScript, startNodePod } from './prober.ts';
import { startLines, type LineProcess } from './shell.ts';
import { Leases, Pods, type KubeApi } from '../../../operator/src/kube/mod.ts';
import { waitFor } from './wait.ts';

const POD = 'e2e-crash-runner';
const SCRIPT = '/tmp/crash.mjs';
const IMAGE = 'gantry/operator:0.1.0';

export class CrashRunner {
  readonly #kube: KubeApi;
  readonly #process: LineProcess;
  readonly kills: { readonly point: KillPoint; readonly at: string }[] = [];
  /** Logs of operators that ended by themselves. */
  readonly deaths: string[] = [];

  private constructor(kube: KubeApi) {
    this.#kube = kube;
    this.#process = startLines(
      'kubectl',
      ['exec', '-i', '-n', OPERATOR_NAMESPACE, POD, '--', 'node', SCRIPT, OPERATOR_NAMESPACE],
      (text) => {
        const line: CrashLine = JSON.parse(text);
        this.#take(line);
      },
    );
  }

  /** The Deployment's own operator must be scaled to nothing before. */
  static async start(kube: KubeApi): Promise<CrashRunner> {
    await startNodePod(kube, {
      namespace: OPERATOR_NAMESPACE,
      name: POD,
      image: IMAGE,
      serviceAccountName: OPERATOR.name,
    });
    await pushScript(OPERATOR_NAMESPACE, POD, SCRIPT, await buildProbe('crash.ts'));
    return new CrashRunner(kube);
  }

  /**
   * Arms a kill point and waits until it came. False when it did not within the deadline: it is disarmed then.
   * @throws Error when the operator has ended by itself
   */
  async kill(point: KillPoint, deadlineMs: number): Promise<boolean> {
    const before = this.kills.length;
    this.#send({ type: 'arm', point });
    try {
      await waitFor({
        what: 'the kill',
        deadlineMs,
        everyMs: 20,
        look: () => (this.kills.length > before ? { done: true } : { pending: 'not yet' }),
      });
      return true;
    } catch {
      this.#send({ type: 'disarm' });
      const [log] = this.deaths;
      if (log !== undefined) throw new Error(`the operator ended by itself: ${log}`);
      return this.kills.length > before;
    }
  }

  async stop(kube: KubeApi): Promise<void> {
    this.#process.kill();
    await this.#process.ended;
    await kube.delete(Pods, { namespace: OPERATOR_NAMESPACE, name: POD }, { gracePeriodSeconds: 0 });
  }

  #send(command: CrashCommand): void {
    this.#process.write(JSON.stringify(command));
  }

  #take(line: CrashLine): void {
    switch (line.type) {
      case 'killed':
        this.kills.push({ point: line.point, at: line.at });
        break;
      case 'ended':
        this.deaths.push(line.log);
        void this.#startNext();
        break;
      case 'serving':
      case 'dead':
        void this.#startNext();
        break;
      default:
        line satisfies never;
    }
  }

  /** The Lease's holder is dead for sure: the next one need not sit out its 15 s forty times. */
  async #startNext(): Promise<void> {
    await this.#kube.delete(Leases, OPERATOR).catch(() => undefined);
    this.#send({ type: 'start' });
  }
}
