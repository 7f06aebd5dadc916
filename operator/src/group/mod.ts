export { createGroupController } from './controller.ts';
