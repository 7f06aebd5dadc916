export { createUserController } from './controller.ts';
export { givenCredentials, givenLabel } from './credentials/lookup.ts';
export type { DesiredUser } from './desired.ts';
export type { UserWrite } from './diff.ts';
export { createUserInformers } from './informers.ts';
export { userKind } from './kind.ts';
export type { ActualUser } from './names.ts';
