import {
  CORE_SCHEMA,
  constructFromEvents,
  EVENT_ID,
  getScalarValue,
  parseEvents,
  YAMLException,
} from 'js-yaml';
import type { Event } from 'js-yaml';
import type { Path } from './spec-error.ts';

/** A thousand hosts take about 100 kB. */
const maxLength = 2_000_000;
/** A spec is some six deep; vars may be deeper. */
const maxDepth = 32;

export interface Mistake {
  readonly offset: number;
  readonly path: Path;
  readonly message: string;
}

export interface Yaml {
  /** Undefined where nothing can be read. */
  readonly value: unknown;
  /** Offsets into the text of every key and list item, by `JSON.stringify(path)`. */
  readonly offsets: ReadonlyMap<string, number>;
  readonly mistakes: readonly Mistake[];
}

/** Reads one YAML document with the place of everything in it. Never throws; bounded in length, depth and (no aliases) size. */
export function readYaml(text: string): Yaml {
  if (text.length > maxLength)
    return unreadable(0, `longer than ${maxLength} characters; a spec is one cluster`);
  try {
    const events = parseEvents(text, { maxDepth });
    const { offsets, mistakes, documents } = locate(events, text);
    // What cannot be made a value, or would grow without bound.
    const lost = mistakes.some(({ message }) => message === noAliases || message === plainKeys);
    if (documents === 0) return unreadable(0, 'the file is empty; `holdfast init` writes a first spec');
    if (documents > 1)
      return unreadable(0, `${documents} documents; a spec file holds one cluster, without "---" between`);
    if (lost) return { value: undefined, offsets, mistakes };
    // `json`: duplicate keys are among the mistakes already, all of them rather than the first.
    const [value] = constructFromEvents(events, {
      source: text,
      schema: CORE_SCHEMA,
      json: true,
      maxAliases: 0,
    });
    return { value, offsets, mistakes };
  } catch (error) {
    if (error instanceof YAMLException)
      return unreadable(error.mark?.position ?? 0, `not YAML: ${error.reason}`);
    return unreadable(0, `not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const plainKeys = 'a key must be plain text';
const noAliases = 'anchors and aliases (&, *) are not read; write the value out';

interface Frame {
  readonly path: Path;
  readonly keys?: Set<string>;
  /** Of a mapping: the key whose value comes next. Undefined: a key comes next. */
  key: string | undefined;
  index: number;
}

function locate(events: readonly Event[], text: string) {
  const offsets = new Map<string, number>([['[]', 0]]);
  const mistakes: Mistake[] = [];
  const frames: (Frame | undefined)[] = [];
  let documents = 0;
  for (const event of events) {
    if (event.type === EVENT_ID.POP) {
      frames.pop();
      continue;
    }
    if (event.type === EVENT_ID.DOCUMENT) {
      documents += 1;
      frames.push(undefined);
      continue;
    }
    const frame = frames.at(-1);
    const start = startOf(event);
    if (event.anchorStart >= 0) {
      const path = frame ? pathOfNext(frame) : [];
      mistakes.push({ offset: Math.max(event.anchorStart - 1, 0), path, message: noAliases });
    }
    if (frame?.keys && frame.key === undefined) {
      if (event.type === EVENT_ID.SCALAR) {
        frame.key = getScalarValue(text, event);
        const path = [...frame.path, frame.key];
        if (frame.keys.has(frame.key))
          mistakes.push({ offset: start, path, message: 'this key stands here twice; keep one' });
        else offsets.set(JSON.stringify(path), start);
        frame.keys.add(frame.key);
        continue;
      }
      mistakes.push({ offset: start, path: frame.path, message: plainKeys });
      frame.key = '';
      if (event.type !== EVENT_ID.ALIAS) frames.push({ path: frame.path, key: '', index: 0 });
      continue;
    }
    const path = frame ? pathOfNext(frame) : [];
    if (frame && !frame.keys) offsets.set(JSON.stringify(path), start);
    if (frame?.keys) frame.key = undefined;
    else if (frame) frame.index += 1;
    if (event.type === EVENT_ID.MAPPING) frames.push({ path, keys: new Set(), key: undefined, index: 0 });
    if (event.type === EVENT_ID.SEQUENCE) frames.push({ path, key: undefined, index: 0 });
  }
  return { offsets, mistakes, documents };
}

function pathOfNext(frame: Frame): Path {
  return frame.keys
    ? frame.key === undefined
      ? frame.path
      : [...frame.path, frame.key]
    : [...frame.path, frame.index];
}

function startOf(event: Exclude<Event, { type: 1 | 6 }>): number {
  const start =
    event.type === EVENT_ID.ALIAS
      ? event.anchorStart
      : event.type === EVENT_ID.SCALAR
        ? event.valueStart
        : event.start;
  return Math.max(start, 0);
}

function unreadable(offset: number, message: string): Yaml {
  return { value: undefined, offsets: new Map(), mistakes: [{ offset, path: [], message }] };
}
