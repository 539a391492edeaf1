import { describe, expect, it } from 'vitest';
import { mistakesOf } from '../example.ts';

describe('a text that is no spec', () => {
  it.each([
    ['an empty file', '', 'spec.yaml:1:1: the file is empty'],
    ['comments alone', '# nothing\n', 'spec.yaml:1:1: the file is empty'],
    ['a list', '- a\n', 'spec.yaml:1:1: got a list; wanted: a spec with the keys cluster, ssh'],
    ['a word', 'hello', 'spec.yaml:1:1: got "hello"; wanted: a spec'],
    ['null', '~', 'spec.yaml:1:1: got null; wanted: a spec'],
    ['two documents', 'a: 1\n---\nb: 2\n', 'spec.yaml:1:1: 2 documents'],
    ['a syntax error', 'cluster: demo\nssh: [\n', 'spec.yaml:3:1: not YAML: deficient indentation'],
    ['a tab for indentation', 'ssh:\n\tuser: x\n', 'spec.yaml:2:'],
    ['an unknown tag', 'cluster: !secret demo', 'spec.yaml:1:10: not YAML: unknown scalar tag'],
    ['nesting without end', '['.repeat(100_000), 'not YAML: nesting exceeded'],
    ['a text without end', 'a'.repeat(2_000_001), 'spec.yaml:1:1: longer than 2000000 characters'],
  ])('is refused with its place: %s', (_, text, message) => {
    expect(mistakesOf(text).join('\n')).toContain(message);
  });

  it('has anchors and aliases refused, each at its place, before they can grow', () => {
    const rows = Array.from(
      { length: 30 },
      (_, i) => `a${i}: &a${i} [${'*a'.concat(String(i - 1))}, *a${i - 1}]`,
    );
    const mistakes = mistakesOf(['a: &a-1 [x]', ...rows].join('\n'));
    expect(mistakes).toHaveLength(91);
    expect(mistakes[0]).toMatch(/^spec\.yaml:1:4 a: anchors and aliases/);
    expect(mistakes[1]).toMatch(/^spec\.yaml:2:5 a0: /);
    expect(mistakes[2]).toMatch(/^spec\.yaml:2:10 a0\[0\]: /);
  });

  it('has every duplicate key named at its second place', () => {
    const mistakes = mistakesOf('cluster: demo\nssh: { user: a, user: b }\ncluster: other\n');
    expect(mistakes).toContain('spec.yaml:2:17 ssh.user: this key stands here twice; keep one');
    expect(mistakes).toContain('spec.yaml:3:1 cluster: this key stands here twice; keep one');
  });

  it('counts columns after Windows line ends too', () => {
    expect(mistakesOf('cluster: demo\r\nsssh: 1\r\n')).toContainEqual(
      expect.stringMatching(/^spec\.yaml:2:1 sssh: /),
    );
  });

  it('takes keys that JavaScript knows for keys like any other', () => {
    const mistakes = mistakesOf('__proto__: 1\nconstructor: 2\ntoString: 3\n').join('\n');
    expect(mistakes).toContain('spec.yaml:1:1 __proto__: unknown key');
    expect(mistakes).toContain('spec.yaml:2:1 constructor: unknown key');
    expect(mistakes).toContain('spec.yaml:3:1 toString: unknown key');
  });

  it('has a key that is no plain text refused', () => {
    expect(mistakesOf('? [a]\n: b\n').join('\n')).toContain('spec.yaml:1:3: a key must be plain text');
  });
});
