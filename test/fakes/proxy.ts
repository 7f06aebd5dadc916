import { ConsumerClients } from './consumer-clients.ts';
import { refusal, RemotingServer, responseCodes } from './remoting-server.ts';

const consumerConnections = 203;

/** The remoting port of a proxy, as far as an operator asks it. */
export class FakeProxy {
  readonly clients = new ConsumerClients();
  readonly server = new RemotingServer(({ code, extFields }) =>
    code === consumerConnections
      ? this.clients.read(extFields['consumerGroup'] ?? '')
      : refusal(responseCodes.notSupported, ` request type ${code} not supported`),
  );

  get address(): string {
    return this.server.address;
  }
}
