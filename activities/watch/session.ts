import { setMaxListeners } from 'node:events';
import type { Picture } from '../../cluster/failover/picture.ts';
import type { WatchInput } from '../../cluster/failover/watch-input.ts';
import type { Hosts } from '../../hosts/host.ts';
import { etcdReader, vantageReader } from './answers.ts';
import { etcdLoop } from './etcd-loop.ts';
import { type Member, firstLookMs, member } from './member.ts';
import { knownOfEtcd, knownOfVantage, pictureOf } from './pictures.ts';
import { etcdQuestion, vantageQuestion } from './questions.ts';
import { type Tree, canonical } from './steady.ts';
import { vantageLoop } from './vantage-loop.ts';

export interface Seen {
  readonly picture: Picture;
  /** Canonical: equal where the pictures are. */
  readonly text: string;
}

/** All loops of one cluster, and what they show together. */
export interface Session {
  /** The picture now; undefined before the first complete look. */
  look(now: number): Seen | undefined;
  /** What went wrong with a loop since the last call. */
  news(): readonly string[];
  close(): void;
}

export function session(hosts: Hosts, input: WatchInput, known: Picture | undefined): Session {
  const stop = new AbortController();
  // Every loop listens to it, and whatever runs for that loop: as many as there are hosts to look from.
  setMaxListeners(0, stop.signal);
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
  let last: { trees: readonly (Tree | undefined)[]; seen: Seen } | undefined;
  return {
    look: (now) => {
      complete ||= now - began > firstLookMs || awaited.every((one) => one.heard);
      if (!complete) return undefined;
      const trees = all.map((one) => one.shown(now));
      if (!last || trees.some((tree, i) => tree !== last?.trees[i])) {
        const picture = pictureOf(
          input,
          (name) => trees[vantagePoints.findIndex((one) => one.name === name)],
          (name) => trees[vantagePoints.length + members.findIndex((one) => one.name === name)],
        );
        last = { trees, seen: { picture, text: canonical(picture) } };
      }
      return last.seen;
    },
    news: () => {
      const told = news;
      news = [];
      return told;
    },
    close: () => stop.abort(new Error('the watch has ended')),
  };
}
