import { serverArguments } from '../embedded/server.ts';
import type { Ports } from '../embedded/server.ts';
import { asUser } from './hardening.ts';
import { backupFolder, databaseFile, environmentFile, metricsAddress, temporalFile } from './paths.ts';
import { commandLine, unitText } from './unit-text.ts';

export interface ServiceSettings {
  /** Whom server, worker and backups run as. */
  readonly user: string;
  /** Absolute paths of node and of this build's client/main.js. */
  readonly node: string;
  readonly main: string;
  /** Version of the code: another one in the unit, and the worker is started anew. */
  readonly build: string;
  /** Absent: Temporal is elsewhere, and only the worker is run here. */
  readonly server?: { readonly ports: Ports; readonly keepBackups: number };
}

export interface Unit {
  readonly name: string;
  readonly text: string;
  /** Started and enabled; one that is not is started by a timer. */
  readonly starts: boolean;
}

/** Every unit, in the order in which they are started. */
export function unitsOf(settings: ServiceSettings): readonly Unit[] {
  const { server } = settings;
  const worker: Unit = { name: 'holdfast-worker.service', text: workerUnit(settings), starts: true };
  if (!server) return [worker];
  return [
    { name: 'holdfast-temporal.service', text: serverUnit(settings, server.ports), starts: true },
    worker,
    { name: 'holdfast-backup.service', text: backupUnit(settings, server.keepBackups), starts: false },
    { name: 'holdfast-backup.timer', text: backupTimer, starts: true },
  ];
}

/** The names of all units that there may be. */
export const unitNames = [
  'holdfast-backup.timer',
  'holdfast-backup.service',
  'holdfast-worker.service',
  'holdfast-temporal.service',
] as const;

function serverUnit(settings: ServiceSettings, ports: Ports): string {
  // Write-ahead: a backup reads one moment's state, and no write waits for it.
  const args = [
    ...serverArguments(ports, databaseFile),
    '--ip',
    '127.0.0.1',
    '--sqlite-pragma',
    'journal_mode=wal',
  ];
  return unitText([
    ['Unit', ['Description=Temporal and its UI, for holdfast', ...afterNetwork, 'StartLimitIntervalSec=0']],
    [
      'Service',
      [
        'Type=exec',
        `ExecStart=${commandLine([temporalFile, ...args])}`,
        // Started means that it serves.
        `ExecStartPost=${holdfast(settings, ['service', 'ready', '--port', String(ports.port)])}`,
        ...restarts,
        'TimeoutStartSec=120',
        ...asUser(settings.user, [settings.node, settings.main]),
      ],
    ],
    ['Install', ['WantedBy=multi-user.target']],
  ]);
}

function workerUnit(settings: ServiceSettings): string {
  const { server, build } = settings;
  const beside = server ? ['Wants=holdfast-temporal.service', 'After=holdfast-temporal.service'] : [];
  const port = server?.ports.port;
  return unitText([
    [
      'Unit',
      ['Description=Temporal worker of holdfast', ...afterNetwork, ...beside, 'StartLimitIntervalSec=0'],
    ],
    [
      'Service',
      [
        'Type=exec',
        `# Build ${build}`,
        ...(port === undefined ? [] : [`Environment=TEMPORAL_ADDRESS=127.0.0.1:${port}`]),
        `Environment=HOLDFAST_LOG_FORMAT=json HOLDFAST_METRICS_ADDRESS=${metricsAddress}`,
        // Read later, so it has the last word.
        `EnvironmentFile=-${environmentFile}`,
        `ExecStart=${holdfast(settings, ['worker'])}`,
        ...restarts,
        // It gives quick steps 3 s, and all others 30 s to detach.
        'TimeoutStopSec=45',
        ...asUser(settings.user, [settings.node, settings.main]),
      ],
    ],
    ['Install', ['WantedBy=multi-user.target']],
  ]);
}

function backupUnit(settings: ServiceSettings, keep: number): string {
  const args = ['--data', databaseFile, '--to', backupFolder, '--keep', String(keep)];
  return unitText([
    ['Unit', ["Description=Backup of Temporal's data, for holdfast", 'After=holdfast-temporal.service']],
    [
      'Service',
      [
        'Type=oneshot',
        `ExecStart=${holdfast(settings, ['service', 'backup', ...args])}`,
        'TimeoutStartSec=30min',
        'Nice=10',
        'IOSchedulingClass=idle',
        ...asUser(settings.user, [settings.node, settings.main]),
      ],
    ],
  ]);
}

const backupTimer = unitText([
  ['Unit', ["Description=Backups of Temporal's data, for holdfast"]],
  ['Timer', ['OnCalendar=*-*-* 00/6:17:00', 'RandomizedDelaySec=5min', 'Persistent=true']],
  ['Install', ['WantedBy=timers.target']],
]);

const afterNetwork = ['Wants=network-online.target', 'After=network-online.target'];
const restarts = ['Restart=always', 'RestartSec=2'];

const holdfast = ({ node, main }: ServiceSettings, args: readonly string[]): string =>
  commandLine([node, '--enable-source-maps', main, ...args]);
