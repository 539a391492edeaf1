import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { diallerProgram } from '../../activities/reachability/dialler.ts';
import { listenerProgram } from '../../activities/reachability/listener.ts';
import { probeProgram } from '../../activities/reachability/probe.ts';

const read = (path: string) => readFileSync(new URL(`../../activities/${path}`, import.meta.url), 'utf8');
/** Programs between backquotes that begin with their imports. */
const written = (path: string) =>
  [...read(path).matchAll(/^const \w+ = `\n(import [^`]*)`;$/gm)].map(([, program]) => program as string);

const parses = 'import ast, sys; ast.parse(sys.stdin.read(), feature_version=(3, 6))';

test.each([
  ['listener', [listenerProgram]],
  ['dialler', [diallerProgram]],
  ['probe', [probeProgram]],
  ['prober', [read('drill/prober.py')]],
  ['haproxy', written('haproxy.ts')],
  ['taken-addresses', written('taken-addresses.ts')],
  ['check-load-balancer', written('check-load-balancer.ts')],
])(
  '%s, which hosts run by their own python3, is written in the Python of openSUSE Leap (3.6)',
  (_, programs) => {
    expect(programs).toHaveLength(1);
    for (const program of programs) execFileSync('python3', ['-c', parses], { input: program });
  },
);
