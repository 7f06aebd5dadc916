/** What a newcomer sees while the ground is made: one line a step, each with the time since the start. */
export interface Progress {
  say(message: string): void;
  /** Announces `message`, runs `work`, and says how long it took when that was noticeable. */
  step<T>(message: string, work: () => Promise<T>): Promise<T>;
}

const HEARTBEAT_MS = 30_000;
const NOTICEABLE_MS = 2_000;

export function elapsed(ms: number): string {
  return `${String(Math.round(ms / 1000))} s`;
}

export function createProgress(write: (line: string) => void, now: () => number = Date.now): Progress {
  const start = now();
  const say = (message: string): void => write(`[${elapsed(now() - start).padStart(6)}] ${message}\n`);
  return {
    say,
    async step(message, work) {
      say(message);
      const begun = now();
      // A build of minutes must not look like a hang.
      const heartbeat = setInterval(() => say(`  … ${message} (${elapsed(now() - begun)})`), HEARTBEAT_MS);
      try {
        const result = await work();
        const took = now() - begun;
        if (took > NOTICEABLE_MS) say(`  done in ${elapsed(took)}: ${message}`);
        return result;
      } finally {
        clearInterval(heartbeat);
      }
    },
  };
}
