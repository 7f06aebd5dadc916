import type { Contestant } from './contestant.ts';
import { gantry } from './gantry.ts';
import { keda } from './keda.ts';
import { studied } from './study.ts';

const TOLERANCE = 0.1;
const plain = { tolerance: TOLERANCE, behavior: undefined } as const;

const [t10 = '', t100 = '', t500 = '', t1500 = '', exporter = '', broker = ''] = studied;

/** Those of which the study gives every cell, in its order. */
export const studiedContestants: readonly Contestant[] = [
  keda({ ...plain, name: t10, threshold: 10, source: 'Direct' }),
  keda({ ...plain, name: t100, threshold: 100, source: 'Direct' }),
  keda({ ...plain, name: t500, threshold: 500, source: 'Direct' }),
  keda({ ...plain, name: t1500, threshold: 1_500, source: 'Direct' }),
  keda({ ...plain, name: exporter, threshold: 500, source: 'Exporter' }),
  keda({ ...plain, name: broker, threshold: 500, source: 'Broker' }),
];

export const ours: Contestant = gantry({ name: 'Gantry' });

const thresholds = [10, 25, 50, 75, 100, 150, 200, 500, 1_500];
const windows = [60, 120, 300];

/** One setting for all workloads: threshold × down window × the default way up or bursts, 54 of them. */
export const sweep: readonly Contestant[] = thresholds.flatMap((threshold) =>
  windows.flatMap((downSeconds) =>
    [false, true].map((burst) =>
      keda({
        name: `KEDA T=${threshold}, down ${downSeconds} s${burst ? ', burst, tolerance 0' : ''}`,
        threshold,
        source: 'Direct',
        tolerance: burst ? 0 : TOLERANCE,
        behavior: { burst, downSeconds },
      }),
    ),
  ),
);
