import { Counter, Gauge, type Registry } from 'prom-client';

export interface TradeMetrics {
  readonly books: Gauge;
  readonly commands: Counter;
  readonly matches: Counter;
}

export function createTradeMetrics(registry: Registry): TradeMetrics {
  const registers = [registry];
  return {
    books: new Gauge({ name: 'gantry_trade_books', help: 'Books that this process owns', registers }),
    commands: new Counter({
      name: 'gantry_trade_commands_total',
      help: 'Commands applied to books',
      registers,
    }),
    matches: new Counter({ name: 'gantry_trade_matches_total', help: 'Trades made', registers }),
  };
}
