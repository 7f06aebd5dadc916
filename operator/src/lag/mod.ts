/** How consumer groups are doing: lag, age, members, dead letters. */
export { answerOf, untilSilent } from './ask.ts';
export { createLagController } from './controller.ts';
export { InFlightBoard } from './in-flight-board.ts';
export { observeClients, type Clients, type LagServers } from './members.ts';
export { lagMetrics } from './metrics.ts';
export { coarse } from './status.ts';
