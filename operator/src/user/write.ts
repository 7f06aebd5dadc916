import { refusalsOf } from '../objects/mod.ts';
import type { BatchFailures, BrokerAdmin, CallOptions } from '../rocketmq/mod.ts';
import type { Step, UserWrite } from './diff.ts';
import { ownNames } from './names.ts';

/** One user after the other: what a broker refuses of one keeps nothing from the others. */
export async function writeUsers(
  broker: BrokerAdmin,
  writes: readonly UserWrite[],
  options: CallOptions,
): Promise<BatchFailures> {
  const stepsOf = new Map(writes.map(({ name, steps }) => [name, steps]));
  return refusalsOf([...stepsOf.keys()], async (name) => {
    for (const step of stepsOf.get(name) ?? []) await carryOut(broker, step, options);
  });
}

export async function removeUsers(
  broker: BrokerAdmin,
  names: readonly string[],
  options: CallOptions,
): Promise<BatchFailures> {
  return refusalsOf(names, async (name) => {
    for (const username of ownNames(name)) await broker.deleteUser(username, options);
  });
}

async function carryOut(broker: BrokerAdmin, step: Step, options: CallOptions): Promise<void> {
  switch (step.kind) {
    case 'CreateUser':
      return broker.createUser(step.user, options);
    case 'ChangeUser':
      return broker.changeUser(step.user, options);
    case 'PutPolicies':
      return broker.putPolicies(step.username, step.policies, options);
    case 'DeletePolicy':
      return broker.deletePolicy(step.username, step.policy, options);
    case 'DeleteUser':
      return broker.deleteUser(step.username, options);
    default:
      return step satisfies never;
  }
}
