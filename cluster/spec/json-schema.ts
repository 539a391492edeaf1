import { z } from 'zod';
import { specSchema } from './schema.ts';

/** As much of JSON Schema as a spec's schema uses. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

let made: JsonSchema | undefined;

/** The JSON Schema (2020-12) of spec files, for editors. What it accepts `parseSpec` may still refuse: it knows no rules. */
export function jsonSchema(): JsonSchema {
  made ??= { title: 'holdfast spec', ...z.toJSONSchema(specSchema, { io: 'input' }) } as JsonSchema;
  return made;
}
