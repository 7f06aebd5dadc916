export { createUserController } from './controller.ts';
export { createUserInformers } from './informers.ts';
