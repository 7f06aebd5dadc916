/** Every version and image name of the ground, once. The Go modules under programs/ pin their own. */
export const versions = {
  kubernetes: '1.35.4',
  kind: '0.33.0',
  helm: '3.22.0',
  localPathProvisioner: '0.0.30',
  /** The tags that kubeadm of this Kubernetes version asks for. */
  etcdImage: '3.6.6-0',
  corednsImage: 'v1.13.1',
  pauseImage: '3.10.1',
  rocketmq: ['5.5.0'],
  /** Upgrades start from them; only those who ask have these images. */
  formerRocketmq: ['5.4.0'],
  debian: 'bookworm',
} as const;

export const imageNames = {
  operator: 'gantry/operator:0.1.0',
  previousOperator: 'gantry/operator:previous',
  order: 'gantry/order:0.1.0',
  trade: 'gantry/trade:0.1.0',
  asset: 'gantry/asset:0.1.0',
  postgres: 'postgres:15',
  rocketmq: (version: string) => `apache/rocketmq:${version}`,
} as const;

/** Each a folder of apps, an image and a Deployment of charts/exchange, all of its name. */
export const exchangeServices = ['order', 'trade', 'asset'] as const;

/** The versions of RocketMQ whose images a ground has. */
export function rocketmqVersions(upgrades: boolean): readonly string[] {
  return upgrades ? [...versions.rocketmq, ...versions.formerRocketmq] : versions.rocketmq;
}

/** The name under which containerd and Docker keep an image: registry and `library/` spelled out. */
export function fullImageName(name: string): string {
  const [first, ...rest] = name.split('/');
  if (first === undefined || rest.length === 0) return `docker.io/library/${name}`;
  const isRegistry = first.includes('.') || first.includes(':') || first === 'localhost';
  return isRegistry ? name : `docker.io/${name}`;
}
