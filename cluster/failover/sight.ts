import { quorum } from '../promotion.ts';
import type { Situation } from './decision.ts';
import type { ApiAnswer, Picture, View } from './picture.ts';

/**
 * What the vantage points of one picture show together. A majority is one of all of them, not of those heard. What a
 * view does not tell of a host is neither a sign of life nor of its absence.
 */
export interface Sight {
  readonly points: number;
  readonly majority: number;
  readonly heard: readonly View[];
}

export function sightOf(picture: Picture, { balancers }: Pick<Situation, 'balancers'>): Sight {
  // A load balancer that the picture does not name is one that was not heard.
  const points = new Set([...Object.keys(picture.vantagePoints), ...balancers]).size;
  const heard = Object.values(picture.vantagePoints).filter((view) => view !== null);
  return { points, majority: quorum(points), heard };
}

export function isBlind({ heard, majority }: Sight): boolean {
  return heard.length < majority;
}

/** A majority sees neither SSH nor API, and nobody sees either. */
export function isSilent(sight: Sight, host: string): boolean {
  const silent = ({ ssh, api }: View) => ssh[host] === false && api[host] === 'silent';
  return byMajority(sight, silent) && !showsLife(sight, host);
}

/** A greeting cannot be mistaken, nor a refusal: one vantage point that sees either is enough. */
export function showsLife({ heard }: Sight, host: string): boolean {
  return heard.some((view) => sees(view, host));
}

const answers: readonly (ApiAnswer | undefined)[] = ['ready', 'unready', 'refused'];
const sees = ({ ssh, api }: View, host: string) => ssh[host] === true || answers.includes(api[host]);

/**
 * Whether a majority sees that it lives, and its SSH server is heard. Where SSH is open to the bastion alone, the load
 * balancers know a host by its API port, which they must reach on it: one without an API server refuses.
 */
export function livesAndGreets(sight: Sight, host: string): boolean {
  return sight.heard.some(({ ssh }) => ssh[host] === true) && byMajority(sight, (view) => sees(view, host));
}

export function greets(sight: Sight, host: string): boolean {
  return byMajority(sight, ({ ssh }) => ssh[host] === true);
}

/** A majority sees no SSH server there. */
export function sshIsSilent(sight: Sight, host: string): boolean {
  return byMajority(sight, ({ ssh }) => ssh[host] === false) && !showsLife(sight, host);
}

export function apiIsReady(sight: Sight, host: string): boolean {
  return byMajority(sight, ({ api }) => api[host] === 'ready');
}

/** Of these answers a majority gets one, and nobody hears that it is ready. */
export function apiAnswersOnly(sight: Sight, host: string, answers: readonly ApiAnswer[]): boolean {
  const one = ({ api }: View) => api[host] !== undefined && answers.includes(api[host]);
  return byMajority(sight, one) && !sight.heard.some(({ api }) => api[host] === 'ready');
}

export function byMajority({ heard, majority }: Sight, sees: (view: View) => boolean): boolean {
  return heard.filter(sees).length >= majority;
}
