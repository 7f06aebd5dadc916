import { afterEach, describe, expect, it } from '@jest/globals';
import { frameOf, readFrame } from '../../e2e/harness/probe/remoting.ts';
import { Connections } from './connection.ts';
import { closeServers, serve } from './testing.ts';

afterEach(closeServers);

const question = (body: string) => ({ code: 10, fields: { topic: 't' }, body });

describe('Connections', () => {
  it('has many questions under way on one connection and gives each its own answer', async () => {
    const { address, sockets } = await serve((frame, socket) => {
      const { opaque, body } = readFrame(frame);
      // The later answered first.
      setTimeout(() => socket.write(frameOf({ code: 0, body: `re ${body}` }, opaque)), body === 'a' ? 30 : 0);
    });
    const connections = new Connections();
    const outcomes = await Promise.all(
      ['a', 'b', 'c'].map((body) => connections.ask(address, question(body), 5_000)),
    );
    expect(
      outcomes.map((outcome) => (outcome.kind === 'Answered' ? outcome.answer.body : outcome.kind)),
    ).toEqual(['re a', 're b', 're c']);
    expect(sockets.size).toBe(1);
  });

  it('tells a question that nobody answered from one that never left', async () => {
    const silent = await serve(() => undefined);
    const broken = await serve((_frame, socket) => {
      socket.destroy();
    });
    const connections = new Connections();
    expect(await connections.ask(silent.address, question('a'), 100)).toEqual({ kind: 'Unanswered' });
    expect(await connections.ask(broken.address, question('a'), 5_000)).toEqual({ kind: 'Unanswered' });
    // Port 1 of loopback refuses.
    expect(await connections.ask('127.0.0.1:1', question('a'), 5_000)).toEqual({ kind: 'Unsent' });
  });

  it('connects anew after a break', async () => {
    let asked = 0;
    const { address, sockets } = await serve((frame, socket) => {
      asked += 1;
      if (asked === 1) socket.destroy();
      else socket.write(frameOf({ code: 0 }, readFrame(frame).opaque));
    });
    const connections = new Connections();
    expect((await connections.ask(address, question('a'), 5_000)).kind).toBe('Unanswered');
    expect((await connections.ask(address, question('b'), 5_000)).kind).toBe('Answered');
    expect(sockets.size).toBe(2);
  });
});
