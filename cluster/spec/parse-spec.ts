import { check } from '../rules.ts';
import type { Cluster } from '../cluster.ts';
import { buildCluster } from './build-cluster.ts';
import { draft } from './draft.ts';
import { issueMistakes } from './issue-mistakes.ts';
import { lineColumn } from './line-column.ts';
import { readYaml } from './read-yaml.ts';
import type { Mistake } from './read-yaml.ts';
import { specSchema } from './schema.ts';
import { formatPath } from './spec-error.ts';
import type { Path, SpecError } from './spec-error.ts';
import { urlCredentialMistakes } from './url-credentials.ts';
import { varMistakes } from './var-mistakes.ts';

export interface ParseOptions {
  /** Makes a path of the spec one that the worker can open. Default: as it stands. */
  readonly resolvePath?: (path: string) => string;
}

export type Parsed =
  | { readonly cluster: Cluster; readonly warnings: readonly SpecError[] }
  | { readonly errors: readonly SpecError[] };

/** A spec file as a `Cluster`, or every mistake in it, in the order of the file. Pure; never throws. */
export function parseSpec(text: string, fileName: string, options: ParseOptions = {}): Parsed {
  const resolvePath = options.resolvePath ?? ((path: string) => path);
  const yaml = readYaml(text);
  const place = lineColumn(text);
  const asError = ({ offset, path, message }: Mistake): SpecError => ({
    file: fileName,
    ...place(offset),
    path: formatPath(path),
    message,
  });
  const inOrder = (mistakes: readonly Mistake[]) =>
    mistakes.toSorted((one, other) => one.offset - other.offset).map(asError);

  if (yaml.value === undefined) return { errors: inOrder(yaml.mistakes) };
  const result = specSchema.safeParse(yaml.value);
  const { spec, sound, fileIndex } = draft(yaml.value);
  const located = ({ path, message }: { path: Path; message: string }): Mistake => {
    const inFile = path.map((part, depth) =>
      depth === 1 && path[0] === 'hosts' && typeof part === 'number' ? (fileIndex[part] ?? part) : part,
    );
    return { path: inFile, message, offset: offsetOf(yaml.offsets, inFile) };
  };
  const cluster = buildCluster(spec, resolvePath);
  const findings = check(cluster, sound);
  const mistakes = [
    ...yaml.mistakes,
    ...[...issueMistakes(result.error?.issues ?? [], yaml.value), ...urlCredentialMistakes(yaml.value)].map(
      (mistake) => ({ ...mistake, offset: offsetOf(yaml.offsets, mistake.path) }),
    ),
    ...findings.filter(({ warning }) => !warning).map(located),
    ...(sound('kubespray.vars') && sound('kubespray.acceptLiteralSecrets')
      ? varMistakes(spec.kubespray).map(located)
      : []),
  ];
  if (mistakes.length > 0) return { errors: inOrder(mistakes) };
  return { cluster, warnings: inOrder(findings.filter(({ warning }) => warning).map(located)) };
}

/** Where a path stands; what is not there points at what should hold it. */
function offsetOf(offsets: ReadonlyMap<string, number>, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const offset = offsets.get(JSON.stringify(path.slice(0, length)));
    if (offset !== undefined) return offset;
  }
  return 0;
}
