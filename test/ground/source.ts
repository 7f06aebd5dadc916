import type { Bundles } from './bundles.ts';
import type { ImageArchive } from './image/archive.ts';

/** The two ways to images and tools. Everything behind them, from `kind create cluster` on, is the same. */
export type Mode = 'docker' | 'packages';

/** What a kind cluster is made with, where the modes differ. */
export interface NodeSettings {
  /** Absent: the node image that the installed kind was released with. */
  readonly image?: string;
  /** Absent: kind's own choice of ranges. */
  readonly network?: { readonly podSubnet: string; readonly serviceSubnet: string };
}

/** Where programs, nodes and images come from. */
export interface Source {
  readonly mode: Mode;
  /** Variables under which `kind`, `kubectl`, `helm` and `docker` are found and reach the right daemon. */
  environment(): Promise<Readonly<Record<string, string>>>;
  /** A folder for a person's PATH, when the tools are not there already; Helm is complete only after this call. */
  toolFolder(): Promise<string | undefined>;
  /** Makes sure that a Docker daemon runs. */
  raise(): Promise<void>;
  /** Makes sure that the daemon has the node image; after `raise`. */
  nodeSettings(): Promise<NodeSettings>;
  /** Undoes `raise`, when no cluster needs it any more. */
  lower(): Promise<void>;
  /** The environment when the daemon is up already, undefined when it is not: never starts or builds anything. */
  observe(): Promise<Readonly<Record<string, string>> | undefined>;
  /** Images from elsewhere: RocketMQ of these versions, PostgreSQL. */
  foreignImages(rocketmq: readonly string[]): Promise<readonly ImageArchive[]>;
  /** An image of ours on a Node base. */
  nodeApplication(name: string, bundles: Bundles): Promise<ImageArchive>;
}
