import { readFile, writeFile } from 'node:fs/promises';
import { dump, load } from 'js-yaml';

/** Writes a spec that names one host less. Its path. */
export async function withoutHost(spec: string, host: string, file: string): Promise<string> {
  const whole = load(await readFile(spec, 'utf8')) as {
    readonly hosts: readonly { readonly name: string }[];
  };
  await writeFile(file, dump({ ...whole, hosts: whole.hosts.filter(({ name }) => name !== host) }));
  return file;
}
