/* eslint-disable @typescript-eslint/no-unsafe-member-access -- edits write what no type allows */
import { describe, expect, it } from 'vitest';
import { mistakesOf } from '../example.ts';
import { edited } from '../edited.ts';
import type { LooseSpec } from '../edited.ts';

const source = (url: string) => (s: LooseSpec) => (s.kubespray.source = url);
const vars = (value: unknown) => (s: LooseSpec) => (s.kubespray.vars = value);

describe('credentials in a URL', () => {
  it.each<[string, (spec: LooseSpec) => void, string]>([
    ['kubespray.source', source('https://hunter2@github.com/me/kubespray'), 'the path of a local clone'],
    ['kubespray.source', source('HTTPS://me:hunter2@github.com/me/kubespray'), 'the path of a local clone'],
    ['kubespray.source', source('ssh://git:hunter2@github.com/me/kubespray'), 'the path of a local clone'],
    [
      'storage.nfs.chart.source',
      (s) => (s.storage.nfs.chart = { source: 'https://me:hunter2@charts.example/nfs.tgz' }),
      'the path of a local copy',
    ],
    ['kubespray.vars.http_proxy', vars({ http_proxy: 'http://me:hunter2@10.0.0.1:3128' }), 'fromFile: PATH'],
    ['kubespray.vars.a[0].b', vars({ a: [{ b: 'from http://hunter2@x/ on' }] }), 'fromFile: PATH'],
    ['kubespray.vars.mirrors', vars({ mirrors: { 'http://hunter2@x': true } }), 'fromFile: PATH'],
    ['kubespray.vars.url', vars({ url: 'http://{{ user }}:hunter2@x' }), 'fromFile: PATH'],
  ])('is refused at %s, is not shown, and what does instead is said', (path, edit, instead) => {
    const mistakes = mistakesOf(edited(edit));
    expect(mistakes).toEqual([expect.stringContaining(` ${path}: a URL with credentials`)]);
    expect(mistakes[0]).toContain(instead);
    expect(mistakes[0]).not.toContain('hunter2');
  });

  it.each<[string, (spec: LooseSpec) => void]>([
    ['git’s scp form', source('git@github.com:me/kubespray')],
    ['a user alone over SSH', source('ssh://git@github.com/me/kubespray')],
    ['an @ behind the host', source('https://github.com/me/kubespray@fork')],
    ['variables in their place', vars({ url: 'http://{{ user }}:{{ word }}@x', other: 'http://{{ a }}@x' })],
    ['an address of mail', vars({ contact: 'me@example.com', url: 'http://x/?to=me@example.com' })],
  ])('are not seen in %s', (_, edit) => {
    expect(mistakesOf(edited(edit))).toEqual([]);
  });
});
