/** TopicValidator.java. `+` is not among them, though RocketMQ's own retry topics may hold it. */
const allowed = /^[%|a-zA-Z0-9_-]+$/;

const maxTopicLength = 127;
/** Dead-letter and retry topics carry a whole group name after their prefix. */
const maxRetryTopicLength = 255;
const maxGroupLength = 120;

/** Why RocketMQ would refuse the topic's name, or undefined. Some versions accept it and break later. */
export function topicNameProblem(name: string): string | undefined {
  const limit = /^%(?:RETRY|DLQ)%/.test(name) ? maxRetryTopicLength : maxTopicLength;
  return nameProblem('a topic name', name, limit);
}

/** The same for a consumer group. */
export function groupNameProblem(name: string): string | undefined {
  return nameProblem('a group name', name, maxGroupLength);
}

function nameProblem(what: string, name: string, limit: number): string | undefined {
  if (name.length > limit) return `${what} has at most ${limit} characters`;
  return allowed.test(name) ? undefined : `${what} is made of letters, digits and % | _ -`;
}
