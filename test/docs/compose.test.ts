import { mkdir, mkdtemp, readFile, rm, writeFile, copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { temporalWheel } from '../../worker/embedded/wheels.ts';
import { clusterAttribute, stateAttribute } from '../../workflows/contract.ts';
import { settingsFrom } from '../../worker/settings.ts';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly restart: string;
  readonly user?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly secrets?: readonly string[];
  readonly volumes?: readonly (string | { readonly source: string; readonly read_only: boolean })[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');
const compose = load(await read('docker-compose.yml')) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: object;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
};
const { services } = compose;
const all = Object.entries(services);
const dockerfile = await read('Dockerfile');

const hasCompose = await execa('docker', ['compose', 'version']).then(
  () => true,
  () => false,
);

describe('docker-compose.yml', () => {
  test('has PostgreSQL, the schema, Temporal, its namespace, its UI and a worker', () => {
    expect(Object.keys(services)).toEqual(['postgres', 'schema', 'temporal', 'namespace', 'ui', 'worker']);
  });

  test.each(all)('%s: its image is pinned, and every port is on loopback', (_, { image, ports = [] }) => {
    expect(image).toMatch(/^[\w-]+(\/[\w-]+)?:\d+\.\d+(\.\d+)?$/);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  test('Temporal’s images are of one version, and the UI and server are those of the embedded one', () => {
    const version = (name: string): string => services[name]?.image.split(':')[1] ?? '';
    expect([version('schema'), version('namespace')]).toEqual([version('temporal'), version('temporal')]);
    expect(temporalWheel.version).toBe('1.9.1');
    expect([version('temporal'), version('ui')]).toEqual(['1.32.0', '2.54.1']);
  });

  test('the worker’s image bears this version', async () => {
    const { version } = JSON.parse(await read('package.json')) as { readonly version: string };
    expect(services['worker']?.image).toBe(`holdfast-worker:${version}`);
  });

  test.each(all)(
    '%s: goes on for good and says how it is, or ends once and is waited for',
    (name, service) => {
      const isWaitedFor = all.some(
        ([, { depends_on }]) => depends_on?.[name]?.condition === 'service_completed_successfully',
      );
      if (service.restart === 'no') return expect(isWaitedFor).toBe(true);
      expect(service.restart).toBe('unless-stopped');
      expect(
        service.healthcheck?.test[0] ?? (service.build && /^HEALTHCHECK .*CMD/m.exec(dockerfile)?.[0]),
      ).toBeTruthy();
    },
  );

  test('each waits for what it needs', () => {
    const waits = Object.fromEntries(
      all.map(([name, { depends_on = {} }]) => [
        name,
        Object.entries(depends_on).map(([on, { condition }]) => `${on} ${condition.replace('service_', '')}`),
      ]),
    );
    expect(waits).toEqual({
      postgres: [],
      schema: ['postgres healthy'],
      temporal: ['postgres healthy', 'schema completed_successfully'],
      namespace: ['temporal healthy'],
      ui: ['temporal healthy'],
      worker: ['temporal healthy', 'namespace completed_successfully'],
    });
  });

  test('its one password comes from a file, and no environment holds any', () => {
    expect(compose.secrets).toEqual({ 'postgres-password': { file: './secrets/postgres-password' } });
    const users = all.filter(([, { secrets }]) => secrets?.includes('postgres-password'));
    expect(users.map(([name]) => name)).toEqual(['postgres', 'schema', 'temporal']);
    for (const [name, { environment }] of all)
      for (const key of Object.keys(environment).filter((one) => /PASS|PWD|SECRET|TOKEN|KEY/.test(one)))
        expect(`${name} ${key}`).toMatch(/_FILE$/);
  });

  test('what must outlive a container lies on named volumes, and the worker only reads', () => {
    expect(Object.keys(compose.volumes)).toEqual(['postgres']);
    expect(services['postgres']?.volumes).toEqual(['postgres:/var/lib/postgresql/data']);
    for (const volume of services['worker']?.volumes ?? [])
      expect(volume).toMatchObject({ type: 'bind', read_only: true });
  });

  test('the worker is not root, and its settings are those that it reads', () => {
    const { user, environment = {} } = services['worker'] ?? {};
    expect(user).toBe('${HOLDFAST_UID:-10001}:${HOLDFAST_GID:-10001}');
    const unset = Object.fromEntries(
      Object.entries(environment).map(([key, value]) => [key, value.replace(/^\$\{\w+:-\}$/, '')]),
    );
    expect(settingsFrom(unset, false)).toMatchObject({ metrics: '0.0.0.0:9464', logFormat: 'json' });
  });

  test('what runs in a shell is right in a shell, and makes the search attributes that workflows are started with', async () => {
    for (const [name, { entrypoint, command }] of all.filter(([, service]) => service.command)) {
      expect([name, ...(entrypoint ?? [])]).toEqual([name, '/bin/sh', '-euc']);
      // Compose reads one $ itself.
      expect(command?.[0]?.replaceAll('$$', '')).not.toContain('$');
      await execa('sh', ['-n', '-c', command?.[0]?.replaceAll('$$', '$') ?? '']);
    }
    for (const { name } of [clusterAttribute, stateAttribute])
      expect(services['namespace']?.command?.[0]).toContain(name);
  });

  test.skipIf(!hasCompose)('is what Compose itself takes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-compose-'));
    try {
      await copyFile(join(root, 'docker-compose.yml'), join(folder, 'docker-compose.yml'));
      await mkdir(join(folder, 'secrets'));
      await writeFile(join(folder, 'secrets', 'postgres-password'), 'of a test');
      await execa('docker', ['compose', 'config', '--quiet'], {
        cwd: folder,
        env: { HOLDFAST_FOLDER: folder },
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('the worker’s image', () => {
  const stages = dockerfile.split(/^FROM /m).slice(1);
  const last = stages.at(-1) ?? '';

  test('is built in stages, and what runs has no compiler and no development package', () => {
    expect(stages.length).toBeGreaterThan(1);
    expect(dockerfile).toMatch(/npm run build && npm prune --omit=dev/);
    expect(last).not.toMatch(/npm /);
  });

  test('runs as a user that is not root, by number', () => {
    expect([...last.matchAll(/^USER (.*)$/gm)].map(([, who]) => who)).toEqual(['10001:10001']);
  });

  test('holds all that dist needs: packages, the files that activities ship, and package.json to find them by', () => {
    const copied = [...last.matchAll(/^COPY --from=build \/holdfast\/(\S+)/gm)].map(([, path]) => path);
    expect(copied).toEqual(['package.json', 'node_modules', 'activities', 'dist']);
  });

  test('is sent nothing but the sources: no key, no password, no package of this machine', async () => {
    const ignored = (await read('.dockerignore')).split('\n').filter(Boolean);
    expect(ignored[0]).toBe('**');
    const { include } = JSON.parse(await read('tsconfig.build.json')) as {
      readonly include: readonly string[];
    };
    const needed = [
      ...include,
      'package.json',
      'package-lock.json',
      '.npmrc',
      'tsconfig.json',
      'tsconfig.build.json',
      'scripts',
    ];
    expect(ignored.filter((line) => line.startsWith('!')).sort()).toEqual(
      needed.map((path) => `!${path}`).sort(),
    );
  });
});
