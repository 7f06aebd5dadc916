/** Files in the folder that a broker and its guard share, by which others tell the guard something. */

const folder = '/tmp';

/** Written before the broker is asked to end: it accepts nothing any more. The guard removes it from the next process. */
export const closingFile = `${folder}/gantry-closing`;

/** Written by a person, in an emergency: sends are accepted whatever the controllers say (docs/guide/emergency.md). */
export const overrideFile = `${folder}/gantry-accept-sends`;
