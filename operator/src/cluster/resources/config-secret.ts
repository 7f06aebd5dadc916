import { toSecretData, type Secret } from '../../kube/mod.ts';
import { inputsAnnotation } from '../labels.ts';
import { revisionFiles, type Revision } from '../revision.ts';
import { childMetadata, type Parent } from './child.ts';

/** Immutable: a change of configuration is another Secret, so a running pod never sees half of one. */
export function configSecret(
  parent: Parent,
  labels: Readonly<Record<string, string>>,
  revision: Revision,
): Secret {
  const data = Object.fromEntries(
    Object.entries(revisionFiles(revision)).map(([key, text]) => [key, toSecretData(text)]),
  );
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      ...childMetadata(parent, revision.secretName, labels),
      annotations: { [inputsAnnotation]: revision.inputsHash },
    },
    type: 'Opaque',
    immutable: true,
    data,
  };
}
