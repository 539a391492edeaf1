import { expect, test } from 'vitest';
import { BadSettings, settingsFrom } from '../../worker/settings.ts';

const of = (env: NodeJS.ProcessEnv, isTerminal = false) => settingsFrom(env, isTerminal);

test('an empty environment asks for nothing: no metrics, no versioning, no webhook, and lines for machines', () => {
  expect(of({})).toEqual({
    webhook: undefined,
    deployment: undefined,
    metrics: undefined,
    logFormat: 'json',
    backupIdentity: undefined,
  });
});

test('variables that are set to nothing, as Compose does, are not set', () => {
  const names = [
    'WEBHOOK_URL',
    'WEBHOOK_SECRET_FILE',
    'DEPLOYMENT',
    'BUILD_ID',
    'METRICS_ADDRESS',
    'LOG_FORMAT',
  ];
  const empty = Object.fromEntries(names.map((name) => [`HOLDFAST_${name}`, '']));
  expect(of(empty)).toEqual(of({}));
});

test('a person who looks on gets lines for people, unless they ask for others', () => {
  expect(of({}, true).logFormat).toBe('text');
  expect(of({ HOLDFAST_LOG_FORMAT: 'json' }, true).logFormat).toBe('json');
  expect(of({ HOLDFAST_LOG_FORMAT: 'text' }).logFormat).toBe('text');
});

test.each([
  ['9464', '127.0.0.1:9464'],
  ['localhost:9464', '127.0.0.1:9464'],
  ['0.0.0.0:9464', '0.0.0.0:9464'],
  ['[::1]:9464', '[::1]:9464'],
])('metrics at %s are read at %s', (text, address) => {
  expect(of({ HOLDFAST_METRICS_ADDRESS: text }).metrics).toBe(address);
});

test.each(['0', '65536', ':9464', 'metrics.example.com:9464', '127.0.0.1', '1.2.3.4.5:9464', '9464; true'])(
  'metrics at %s are refused',
  (text) => {
    expect(() => of({ HOLDFAST_METRICS_ADDRESS: text })).toThrow(
      /HOLDFAST_METRICS_ADDRESS is .* it takes a port/,
    );
  },
);

test('versioning takes a deployment and a build, and pins what says nothing else', () => {
  expect(of({ HOLDFAST_DEPLOYMENT: 'holdfast', HOLDFAST_BUILD_ID: '0.1.0-a1b2' }).deployment).toEqual({
    version: { deploymentName: 'holdfast', buildId: '0.1.0-a1b2' },
    useWorkerVersioning: true,
    defaultVersioningBehavior: 'PINNED',
  });
  expect(() => of({ HOLDFAST_DEPLOYMENT: 'holdfast' })).toThrow(/go together/);
  expect(() => of({ HOLDFAST_BUILD_ID: '1' })).toThrow(/go together/);
  expect(() => of({ HOLDFAST_DEPLOYMENT: 'hold.fast', HOLDFAST_BUILD_ID: '1' })).toThrow(
    /HOLDFAST_DEPLOYMENT is/,
  );
});

test('every mistake is said at once', () => {
  const env = { HOLDFAST_METRICS_ADDRESS: 'x', HOLDFAST_LOG_FORMAT: 'yaml', HOLDFAST_BUILD_ID: '1' };
  const start = () => of({ ...env, HOLDFAST_WEBHOOK_URL: 'https://hooks.example.com/x' });
  expect(start).toThrow(BadSettings);
  for (const part of [/METRICS_ADDRESS/, /LOG_FORMAT/, /BUILD_ID/, /SECRET_FILE/])
    expect(start).toThrow(part);
});
