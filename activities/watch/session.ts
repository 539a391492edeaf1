import type { Picture } from '../../cluster/failover/picture.ts';
import type { WatchInput } from '../../cluster/failover/watch-input.ts';
import type { Hosts } from '../../hosts/host.ts';
import { etcdReader, vantageReader } from './answers.ts';
import { etcdLoop } from './etcd-loop.ts';
import { type Member, firstLookMs, member } from './member.ts';
import { pause } from './pause.ts';
import { knownOfEtcd, knownOfVantage, pictureOf } from './pictures.ts';
import { etcdQuestion, vantageQuestion } from './questions.ts';
import { canonical } from './steady.ts';
import { vantageLoop } from './vantage-loop.ts';

/** All loops of one cluster, and what they show together. */
export interface Session {
  /** The picture now, and its canonical text; undefined before the first complete look. */
  look(now: number): { readonly picture: Picture; readonly text: string } | undefined;
  /** What went wrong with a loop since the last call. */
  news(): readonly string[];
  close(): Promise<void>;
}

export function session(hosts: Hosts, input: WatchInput, known: Picture | undefined): Session {
  const stop = new AbortController();
  const began = Date.now();
  let news: string[] = [];
  const tell = (what: string) => (news = [...news, what].slice(-20));
  const etcd = etcdQuestion(input);

  const vantagePoints = input.vantagePoints.map((point) => {
    const question = vantageQuestion(input, point);
    const read = vantageReader(question);
    // Processes of others are hidden from a plain user on some hosts, and the kubeconfig is root's.
    const sudo = point.first || point.balancer;
    const loop = { name: point.name, target: point.target, program: vantageLoop, question, read, sudo };
    return member(hosts, loop, known && knownOfVantage(known, point), stop.signal, tell);
  });
  const members = input.etcd.map(({ name, target }) => {
    const loop = { name, target, program: etcdLoop, question: etcd, read: etcdReader, sudo: true };
    return member(hosts, loop, known && knownOfEtcd(known, name), stop.signal, tell);
  });
  const all: readonly Member[] = [...vantagePoints, ...members];

  // One that was not heard from before is not waited for: while a host is off, each watch would begin late.
  const awaited = all.filter((one) => known === undefined || one.wasKnown);

  let complete = false;
  return {
    look: (now) => {
      complete ||= now - began > firstLookMs || awaited.every((one) => one.heard);
      if (!complete) return undefined;
      const of = (list: readonly Member[]) => (name: string) =>
        list.find((one) => one.name === name)?.shown(now);
      const picture = pictureOf(input, of(vantagePoints), of(members));
      return { picture, text: canonical(picture) };
    },
    news: () => {
      const told = news;
      news = [];
      return told;
    },
    close: async () => {
      stop.abort(new Error('the watch has ended'));
      await Promise.race([Promise.all(all.map(({ ended }) => ended)), pause(2_000)]);
    },
  };
}
