import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatSpecErrors, parseSpec } from '../../../cluster/spec/index.ts';

describe('parseSpec', () => {
  it('names all twelve mistakes of a file with line and column, in one go', async () => {
    const text = readFileSync(new URL('../golden/twelve-mistakes.yaml', import.meta.url), 'utf8');
    const parsed = parseSpec(text, 'twelve-mistakes.yaml');
    const errors = 'errors' in parsed ? parsed.errors : [];
    await expect(formatSpecErrors(errors) + '\n').toMatchFileSnapshot('../golden/twelve-mistakes.txt');
    expect(errors).toHaveLength(12);
  });
});
