import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jsonSchema } from '../../../cluster/spec/index.ts';
import type { JsonSchema } from '../../../cluster/spec/json-schema.ts';

const reference = readFileSync(new URL('../../../docs/spec.md', import.meta.url), 'utf8');

describe('docs/spec.md', () => {
  it.each(rows(jsonSchema()))('has the row of %s as the schema says', (_, row) => {
    expect(reference).toContain(`\n${row}\n`);
  });

  it('shows the twelve mistakes as they are printed', () => {
    expect(reference).toContain(
      readFileSync(new URL('../golden/twelve-mistakes.txt', import.meta.url), 'utf8'),
    );
  });

  it('has no row of a key that is gone', () => {
    const known = new Set(rows(jsonSchema()).map(([path]) => path));
    const named = [...reference.matchAll(/^\| `([^`]+)` \|.*\|.*\|.*\|$/gm)].map(([, path]) => path);
    expect(named.filter((path) => !known.has(path as string))).toEqual([]);
  });
});

describe('the JSON Schema', () => {
  it('describes every key', () => {
    for (const [, row] of rows(jsonSchema())) expect(row).not.toContain('| undefined |');
  });

  it('is of a published draft and refuses unknown keys', () => {
    expect(jsonSchema()).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      additionalProperties: false,
      required: ['cluster', 'ssh', 'hosts', 'kubernetes', 'backup'],
    });
  });
});

/** One row of the reference a key: path, type, default, meaning. */
function rows(schema: JsonSchema, prefix = ''): [string, string][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const required = schema.required?.includes(key) ? 'required' : defaultOf(inner);
    const row = `| \`${path}\` | ${typeOf(inner)} | ${required} | ${inner.description} |`;
    return [[path, row], ...rows(inner, path), ...rows(inner.items ?? {}, `${path}[]`)] as [string, string][];
  });
}

function typeOf({ type, enum: words, const: only, items, additionalProperties }: JsonSchema): string {
  if (Array.isArray(words)) return (words as string[]).join(', ');
  if (only !== undefined) return JSON.stringify(only);
  if (items) return `list of ${typeOf(items)}`;
  if (typeof additionalProperties === 'object') return 'free mapping';
  return (
    { object: 'mapping', string: 'text', integer: 'number', number: 'number', boolean: 'true or false' }[
      type ?? ''
    ] ?? ''
  );
}

/** Of a part that may be left out whole its keys show the defaults. */
function defaultOf({ default: value }: JsonSchema): string {
  if (value === undefined) return '';
  const text = JSON.stringify(value);
  return text === '{}' ? '' : `\`${typeof value === 'string' ? value : text}\``;
}
