/** How often the broker is looked at. */
export const lookMs = 500;
/** Of a call to it. */
export const brokerTimeoutMs = 750;
/** How late a lease may end: it is over right after a look, and the next two calls take as long as they may. */
export const noticeMs = lookMs + 2 * brokerTimeoutMs;

/** How often the controllers are asked: each answer is an entry of their log. */
export const askMs = 1_000;
/** So many of them fit into a lease at least. */
export const questionsInLease = 3;
