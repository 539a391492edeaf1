import { expect, test } from 'vitest';
import { uiLink, uiOf } from '../../client/ui-link.ts';

test('a link names namespace, workflow and run, with the colons of our ids encoded', () => {
  expect(uiLink('http://localhost:8233/', 'default', 'holdfast:demo:change', 'run-1')).toBe(
    'http://localhost:8233/namespaces/default/workflows/holdfast%3Ademo%3Achange/run-1/timeline',
  );
  expect(uiLink('http://ui', 'my space', 'a')).toBe('http://ui/namespaces/my%20space/workflows/a');
});

test('the UI of a server is the one that is named, Temporal Cloud’s, or the dev server’s by its port', () => {
  expect(uiOf('localhost:7233', {})).toBe('http://localhost:8233');
  expect(uiOf('localhost', {})).toBe('http://localhost:8233');
  expect(uiOf('demo.a1b2.tmprl.cloud:7233', {})).toBe('https://cloud.temporal.io');
  expect(uiOf('temporal.example:7233', { HOLDFAST_UI_URL: 'https://ui.example' })).toBe('https://ui.example');
});
