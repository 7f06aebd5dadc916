/** Constants of scaling from lag. Where nothing else is said they are those that were found by simulation (decision 18). */

/** Utilisation of the busiest replica above which more are needed, and up to which fewer may be left. */
export const UP_UTILISATION = 0.9;
export const DOWN_UTILISATION = 0.75;

/** Parts of the SLO: a wait that is predicted to be longer is urgent; one that is longer keeps what is there. */
export const URGENT_WAIT = 0.3;
export const KEEPING_WAIT = 0.15;

/** Clients persist offsets so often (`persistConsumerOffsetInterval`): what was read since then looks like lag. */
export const COMMIT_PERIOD_MS = 5_000;
/** Part of what is read in that time that is taken off the lag of a queue. */
export const UNSEEN_COMMITS = 0.6;

/** Rates: quick ones show a burst, slow ones what lasts. */
export const QUICK_MS = 5_000;
export const MEDIUM_MS = 30_000;
export const SLOW_MS = 60_000;
export const REMEMBERED_MS = 120_000;
/** Observations further apart than this many polls are not one history. */
export const MISSED_POLLS = 4;

/** Of a service rate: how long replicas are watched, the first time and later; and how long after members changed. */
export const FIRST_WATCH_MS = 10_000;
export const WATCH_MS = 20_000;
export const SETTLE_MS = 10_000;
/** A queue that moves stands still until its lock is free (`unlockDelayTimeMills` 20 s and a try). */
export const ORDERLY_SETTLE_MS = 30_000;
export const NEW_SAMPLE_WEIGHT = 0.25;
/** Two samples in a row that differ by so much are the new rate. */
export const JUMP = 0.25;

/** A step up is at most so many, or so many times as many. */
export const SURGE_REPLICAS = 8;
export const SURGE_FACTOR = 3;
/** While pods start only a need that has grown by so much is acted upon. */
export const GROWTH_WHILE_STARTING = 1.2;
/** After a step no other one for so long, unless it is a larger step up. */
export const ACT_AGAIN_MS = 10_000;
export const DOWN_INTERVAL_MS = 60_000;
/** Of replicas that nothing waits for: part that stays, where it is to be seen what one of them handles. */
export const SHRINK = 0.7;
/** A service rate that fell is tried again after so long, and after as long as it has been seen to be low. */
export const TRY_AGAIN_MS = 600_000;

/** Assumed until a start-up was seen. */
export const START_UP_MS = 30_000;
/** A pod that takes so many times as long does not come. */
export const OVERDUE = 3;
export const LEAST_OVERDUE_MS = 60_000;

/** A queue with lag of which nothing is committed for so long, while others move, is stuck. */
export const STUCK_MS = 45_000;

/** A step up of so much that brings less than this part of what it should shows a bottleneck that replicas share. */
export const TRIAL_GROWTH = 1.2;
export const LEAST_GAIN = 0.25;
/** After a cap so many times as many are tried. */
export const TRIAL_STEP = 1.5;
export const CAP_MS = 300_000;
export const LONGEST_CAP_MS = 1_800_000;
/** Under a cap: replicas that do less than this part of their rate are cut by a third while the sum stays at this part. */
export const IDLE_RATE = 0.6;
export const CUT = 2 / 3;
export const SUM_STAYS = 0.93;
/** A replica that does this part of its rate again shows that the bottleneck is gone. */
export const RECOVERED_RATE = 0.8;

/** After offsets went back nothing is decided for so long. */
export const IGNORED_AFTER_MOVE_MS = 30_000;
/** A queue of a broker that is away still counts for the bound for so long. */
export const BOUND_KEPT_MS = 600_000;
/** For Orderly, an up so soon after a down doubles the down window for as long. */
export const FLAP_MS = 600_000;
