import type * as z from 'zod';
import { assetChangeBody } from './messages/asset-topic.ts';
import { orderTimeoutBody } from './messages/order-timeout-topic.ts';
import { orderCancelBody, orderCreateBody, orderTradeBody } from './messages/order-topic.ts';
import { matchResultBody, orderClosedBody, tradeBatchBody } from './messages/trade-topic.ts';

/**
 * Every tag that a message may carry, with the schema of its body and the version that this code writes. A body only
 * ever grows optional fields; a change that an old reader would misread raises `version`, and readers keep the older
 * schemas beside it.
 */
export const messageTypes = {
  ORDER_CREATE: { version: 1, body: orderCreateBody },
  ORDER_TRADE: { version: 1, body: orderTradeBody },
  ORDER_CANCEL: { version: 1, body: orderCancelBody },
  ORDER_TIMEOUT: { version: 1, body: orderTimeoutBody },
  ASSET_CHANGE: { version: 1, body: assetChangeBody },
  ORDER_CLOSED: { version: 1, body: orderClosedBody },
  MATCH_RESULT: { version: 1, body: matchResultBody },
  TRADE_BATCH: { version: 1, body: tradeBatchBody },
} as const satisfies Readonly<Record<string, { readonly version: number; readonly body: z.ZodType }>>;

export type Tag = keyof typeof messageTypes;
export type BodyOf<T extends Tag> = z.infer<(typeof messageTypes)[T]['body']>;

export function isTag(tag: string): tag is Tag {
  return Object.hasOwn(messageTypes, tag);
}

/** A tag with a body of it. */
export type Content<T extends Tag = Tag> = {
  readonly [Each in T]: { readonly tag: Each; readonly body: BodyOf<Each> };
}[T];

/** Content as a table kept it. Throws for a tag that is none of ours, and for a body that does not fit its tag. */
export function readContent(tag: string, body: unknown): Content {
  if (!isTag(tag)) throw new Error(`tag ${JSON.stringify(tag)} is not one of ours`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema that parsed the body is the tag's own
  return { tag, body: messageTypes[tag].body.parse(body) } as Content;
}
