export { createTopicController, type TopicControllerDeps } from './controller.ts';
