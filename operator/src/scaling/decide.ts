/** How many replicas a consumer group is to have. Pure: the same state and observation give the same decision. */
import { bottleneck, idle, spare } from './down.ts';
import { figuresOf, findingsOf } from './findings.ts';
import {
  aboveMaximum,
  belowMinimum,
  broadcast,
  byHand,
  enough,
  incomplete,
  observing,
  offsetsMoved,
  rival,
  stopped,
  type Rule,
} from './holds.ts';
import type { Decision, Observation, ScalingSettings, ScalingState } from './model.ts';
import { viewOf } from './see.ts';
import { track, withClock } from './track.ts';
import { up, wake } from './up.ts';
import type { View } from './view.ts';

/** The first that says something decides. */
const rules: readonly Rule[] = [
  broadcast,
  rival,
  stopped,
  byHand,
  belowMinimum,
  incomplete,
  offsetsMoved,
  aboveMaximum,
  observing,
  wake,
  bottleneck,
  up,
  idle,
  spare,
];

/** To be called at every look, with whatever was observed; a look is due every pollPeriodMs. */
export function decide(settings: ScalingSettings, state: ScalingState, observation: Observation): Decision {
  const clocked = withClock(state, observation.atMs, settings);
  const view = viewOf(track(clocked, observation, settings), observation, settings);
  const { replicas, reason } = verdictOf(view);
  const { memory, learned } = view;
  const wanted =
    replicas === view.replicas ? memory.wanted : [...memory.wanted, { atMs: view.nowMs, replicas }];
  return {
    replicas,
    reason,
    findings: findingsOf(view),
    figures: figuresOf(view),
    state: { learned, memory: { ...memory, wanted } },
  };
}

function verdictOf(view: View) {
  for (const rule of rules) {
    const verdict = rule(view);
    if (verdict !== undefined) return verdict;
  }
  return enough(view);
}
