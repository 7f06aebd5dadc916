/** How often it is seen whether something is due; a lease that is over is, and whatever is asked of a closed broker. */
export const tickMs = 500;
/** How often an open broker is looked at: it goes through all of its settings for the answer (AdminBrokerProcessor). */
export const lookMs = 2_000;
/** Of a call to it. */
export const brokerTimeoutMs = 750;
/** Of a broker that was replaced: whose silence lasts that long hangs. A starved one answers now and then. */
export const hungMs = 5_000;
/** How late a lease may end: it is over right after a tick, and the next two calls take as long as they may. */
export const noticeMs = tickMs + 2 * brokerTimeoutMs;

/** How often the controllers are asked: each answer is an entry of their log. */
export const askMs = 1_000;
/** So many of them fit into a lease at least. */
export const questionsInLease = 3;
