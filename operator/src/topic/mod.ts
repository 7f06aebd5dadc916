export { createTopicController } from './controller.ts';
