import { beforeEach, describe, expect, it } from 'vitest';
import { healEtcd } from '../../activities/heal-etcd.ts';
import { type FakeHost, fakeHost } from '../../hosts/fake.ts';
import { runStep } from './run-step.ts';
import { changesOf, held, running, unitsAre } from './unit-states.ts';

const unit = 'etcd.service';
let host: FakeHost;
const heal = () => runStep(healEtcd, {}, [host]);
const answers = (...said: string[]) =>
  host.on(/\/livez/, () => ({ stdout: `${said.length > 1 ? said.shift() : said[0]}\n` }));
const ill = (stdout: string) => host.on(/holds no member/, { stdout });
const restart = `systemctl reset-failed ${unit}; systemctl restart ${unit}`;

beforeEach(() => {
  host = fakeHost('etcd-1').on(/endpoint health$/);
  unitsAre(host, { [unit]: running });
  answers('yes');
  ill('');
});

describe('heal-etcd', () => {
  it('touches nothing where etcd takes part in the quorum', async () => {
    expect(await heal()).toEqual({ changed: false, summary: 'etcd runs well' });
    expect(changesOf(host)).toEqual([]);
  });

  it.each([
    ['dead', 'inactive dead', 'inactive'],
    ['failed', 'failed failed', 'failed'],
    ['waiting for systemd’s next try', 'activating auto-restart', 'activating/auto-restart'],
  ])('starts an etcd that is %s', async (_, state, told) => {
    unitsAre(host, { [unit]: state });
    host.on(restart);
    expect(await heal()).toEqual({ changed: true, summary: `etcd was ${told}: started` });
  });

  it('does not start anew what only looks for its peers', async () => {
    unitsAre(host, { [unit]: 'activating start Ssl' });
    host.on(/endpoint health$/, { code: 1, stderr: 'context deadline exceeded\n' });
    await expect(heal()).rejects.toMatchObject({
      type: 'NotYet',
      message: expect.stringMatching(/finds no quorum: context deadline exceeded/) as string,
    });
    expect(changesOf(host)).toEqual([]);
  });

  it('lets one that is held by SIGSTOP go on where it was', async () => {
    unitsAre(host, { [unit]: held });
    host.on(`systemctl kill -s CONT ${unit}`);
    expect(await heal()).toEqual({ changed: true, summary: 'etcd was held by SIGSTOP: goes on' });
  });

  it('ends one that hangs, and starts it', async () => {
    answers('no', 'yes');
    host.on(`systemctl kill -s KILL --kill-who=main ${unit}`).on(restart);
    expect(await heal()).toEqual({ changed: true, summary: 'etcd hung: ended and started' });
  });

  it.each([
    ['inactive dead', '/var/lib/etcd holds no member\n'],
    ['failed failed', 'it says that its data or its disk is ill\nwal: crc mismatch\n'],
    ['active running Dsl', 'it waits for its disk, which does not answer\n'],
  ])('starts nothing over ill data: %s, %s', async (state, why) => {
    unitsAre(host, { [unit]: state });
    answers('no');
    ill(why);
    await expect(heal()).rejects.toMatchObject({
      type: 'ProblemFound',
      message: expect.stringContaining(why.split('\n')[0]!) as string,
    });
    expect(changesOf(host)).toEqual([]);
  });

  it('says so where it does not answer once started', async () => {
    unitsAre(host, { [unit]: 'failed failed' });
    answers('no');
    host.on(restart);
    await expect(heal()).rejects.toMatchObject({
      type: 'NotYet',
      message: expect.stringContaining('etcd does not answer 60 s after: etcd was failed: started') as string,
    });
  });
});
