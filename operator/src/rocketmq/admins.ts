import type { BrokerAdmin, ConsumerAdmin, ControllerAdmin, NameServerAdmin } from './admin.ts';
import { brokerAdmin } from './calls/broker.ts';
import { Caller, type CallerOptions } from './calls/caller.ts';
import { consumerCalls } from './calls/consumers.ts';
import { controllerAdmin } from './calls/controller.ts';
import { nameServerAdmin } from './calls/name-server.ts';
import type { Clock } from './clock.ts';

/** Addresses are `host:port`. Making an admin costs nothing and needs no closing. */
export interface Admins {
  nameServer(address: string): NameServerAdmin;
  broker(address: string): BrokerAdmin;
  /** Its remoting port. */
  proxy(address: string): ConsumerAdmin;
  controller(address: string): ControllerAdmin;
}

/** Admins whose calls all go the same way, signed by the same credentials. */
export function adminsOf(calls: Omit<CallerOptions, 'address'>, clock: Clock): Admins {
  const caller = (address: string): Caller => new Caller({ ...calls, address });
  return {
    nameServer: (address) => nameServerAdmin(caller(address)),
    broker: (address) => brokerAdmin(caller(address)),
    proxy: (address) => ({ address, ...consumerCalls(caller(address)) }),
    controller: (address) => controllerAdmin(caller(address), clock),
  };
}
