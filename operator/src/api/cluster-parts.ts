/** What the parts of a RocketMQCluster have in common. */
import * as z from 'zod';
import { podTemplate } from './pod-template.ts';
import { resources, volumeSize } from './quantity.ts';
import { text } from './schema/authoring.ts';
import { settings } from './settings.ts';

export const dnsLabel = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** CEL of a field that an edit may not change. */
export const unchanged = 'self == oldSelf';

export const storageClassName = () =>
  text({ max: 253, pattern: /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, sample: 'standard' });

export const component = {
  resources: resources
    .exactOptional()
    .describe('CPU and memory of each pod; every component has its own default.'),
  podTemplate: podTemplate.exactOptional().describe('What to add to each pod.'),
  config: settings().default({}).describe('Settings of the RocketMQ process, by their RocketMQ names.'),
};

export const storage = (defaultSize: string) =>
  z.object({
    size: volumeSize().default(defaultSize).describe('Size of each volume.'),
    storageClassName: storageClassName()
      .exactOptional()
      .describe('Storage class; absent: the default class.'),
  });
