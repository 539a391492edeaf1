import type { ServiceSettings } from '../../../worker/service/units.ts';

export const example: ServiceSettings = {
  user: 'holdfast',
  node: '/usr/local/bin/node',
  main: '/opt/holdfast/dist/client/main.js',
  build: '0123456789abcdef',
  server: { ports: { port: 7233, uiPort: 8233 }, keepBackups: 28 },
};

export const withoutServer: ServiceSettings = (({ server: _, ...rest }) => rest)(example);
