export { startHttpServer } from './http-server.ts';
export type { Health, HttpServerOptions, RunningHttpServer } from './http-server.ts';
