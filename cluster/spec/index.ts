export { parseSpec } from './parse-spec.ts';
export type { Parsed, ParseOptions } from './parse-spec.ts';
export { formatSpecErrors } from './spec-error.ts';
export type { SpecError } from './spec-error.ts';
export { jsonSchema } from './json-schema.ts';
