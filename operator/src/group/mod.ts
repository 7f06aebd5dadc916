export { createGroupController, type GroupControllerDeps } from './controller.ts';
