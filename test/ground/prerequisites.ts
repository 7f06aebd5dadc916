import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Mode } from './source.ts';

interface Prerequisite {
  readonly program: string;
  readonly sentence: string;
}

const NEEDED: Readonly<Record<Mode, readonly Prerequisite[]>> = {
  docker: [
    {
      program: 'docker',
      sentence: 'docker is not on the PATH: install Docker from https://docs.docker.com/get-docker.',
    },
    {
      program: 'kind',
      sentence: 'kind is not on the PATH: install it as https://kind.sigs.k8s.io/docs/user/quick-start says.',
    },
    {
      program: 'kubectl',
      sentence: 'kubectl is not on the PATH: install it as https://kubernetes.io/docs/tasks/tools says.',
    },
    {
      program: 'helm',
      sentence: 'helm is not on the PATH: install Helm 3 as https://helm.sh/docs/intro/install says.',
    },
  ],
  packages: [
    { program: 'go', sentence: 'go is not on the PATH: install Go 1.25 or newer from https://go.dev/dl.' },
    { program: 'gcc', sentence: 'gcc is not on the PATH: run apt-get install -y gcc libc6-dev.' },
    { program: 'mvn', sentence: 'mvn is not on the PATH: run apt-get install -y maven.' },
    {
      program: 'jlink',
      sentence: 'jlink is not on the PATH: run apt-get install -y openjdk-17-jdk-headless.',
    },
    { program: 'wget', sentence: 'wget is not on the PATH: run apt-get install -y wget.' },
    { program: 'ip', sentence: 'ip is not on the PATH: run apt-get install -y iproute2.' },
  ],
};

/** One sentence for each program that a mode needs and the PATH lacks. */
export function missingPrerequisites(
  mode: Mode,
  isThere: (program: string) => boolean = onPath,
): readonly string[] {
  return NEEDED[mode].filter(({ program }) => !isThere(program)).map(({ sentence }) => sentence);
}

function onPath(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
