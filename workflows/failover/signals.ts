import { ApplicationFailure, defineSignal, setHandler } from '@temporalio/workflow';
import * as contract from '../contract.ts';
import { readRetry } from '../signal-input.ts';
import type { Read } from '../signal-input.ts';
import type { FailoverRecord } from './record.ts';
import * as said from './said.ts';
import * as read from './signal-input.ts';
import { statusOf } from './status.ts';

export interface FailoverSurface {
  readonly record: FailoverRecord;
  /** What was said may ask for a decision. */
  readonly lookNow: () => void;
  /** Hands a person's retry to the promotion that is open. */
  readonly retryChild: (selector: contract.Selector) => void;
  /** A change has told its end, which may be that of the promotion. */
  readonly changeEnded: (ended: contract.ChangeEndedInput) => void;
}

/**
 * All that can be said to failover. What cannot be followed is refused in `status`. A handler never throws and never
 * waits: it changes the record, and the workflow's own loop acts on it.
 */
export function handleFailoverSignals({ record, lookNow, retryChild, changeEnded }: FailoverSurface): void {
  setHandler(contract.specQuery, () => record.spec, { description: 'The spec that was applied last.' });
  setHandler(contract.failoverStatusQuery, () => statusOf(record), {
    description: 'What is seen, what is decided, who is waited for and why.',
  });
  handlePromote(record, lookNow);

  const on = listener(record);
  on(contract.failoverSignal, {
    description: 'Promote a worker node now: {"reason": "…", "candidate": "…"}; candidate may be left out.',
    read: read.request,
    follow: (request) => {
      const why = said.whyNotAsked(record, request);
      if (why !== undefined) return why;
      said.ask(record, request);
      return lookNow();
    },
  });
  on(contract.approveSignal, {
    description: 'Let it promote, where it waits for that: {"reason": "…", "by": "…"}.',
    read: read.approve,
    follow: (word) => said.approve(record, word) ?? lookNow(),
  });
  on(contract.retrySignal, {
    description:
      'To the promotion, where one is open: {"step": "…", "host": "…"}, both optional; else: try again what it gave up.',
    read: readRetry,
    follow: (selector) => (record.promotion ? retryChild(selector) : (said.tryAgain(record) ?? lookNow())),
  });
  on(contract.pauseSignal, {
    description: 'Watch on, but do nothing: {"reason": "…"}.',
    read: read.pause,
    follow: (word) => said.pause(record, word),
  });
  on(contract.resumeSignal, {
    description: 'Act again: {"by": "…"}, or nothing.',
    read: read.resume,
    follow: (word) => said.resume(record, word) ?? lookNow(),
  });
  on(contract.forgetSignal, {
    description: 'Give a lost control-plane node up for good: {"host": "…"}.',
    read: read.forget,
    follow: (word) => said.forget(record, word) ?? lookNow(),
  });
  on(contract.leaveAloneSignal, {
    description:
      'From a drill, what is not to be healed: {"hosts": ["…"], "until": milliseconds since 1970}.',
    read: read.leaveAlone,
    follow: (word) => said.leaveAlone(record, word),
  });
  on(contract.configureSignal, {
    description: 'From bringUp’s last step, the spec that was applied: {"spec": …}.',
    read: (sent) => read.configure(sent, record.cluster),
    follow: ({ spec }) => {
      record.apply(spec, true);
      lookNow();
    },
  });
  on(contract.changeEndedSignal, {
    description: 'From a change, its last act.',
    read: (sent) => read.changeEnded(sent, record.cluster),
    follow: (ended) => {
      said.changeEnded(record, ended);
      changeEnded(ended);
      lookNow();
    },
  });
  on(contract.demotionBeginsSignal, {
    description: 'From a demotion, its first act.',
    read: read.demotionBegins,
    follow: (demotion) => said.demotionBegins(record, demotion),
  });
  on(contract.backupHealthSignal, {
    description: 'From the workflow backup: {"newest": "…", "problem": "…"}.',
    read: read.backupHealth,
    follow: (health) => said.backupHealth(record, health),
  });
}

function handlePromote(record: FailoverRecord, lookNow: () => void): void {
  setHandler(
    contract.promoteUpdate,
    (request) => {
      said.ask(record, request);
      lookNow();
      return contract.changeId(record.cluster);
    },
    {
      description: 'As the signal failover; answers with the promotion’s workflow id.',
      validator: (sent) => {
        const got = read.request(sent);
        const why = 'why' in got ? got.why : said.whyNotAsked(record, got.input);
        if (why !== undefined) throw ApplicationFailure.nonRetryable(why, 'Refused');
      },
    },
  );
}

interface Listened<T> {
  readonly description: string;
  readonly read: (sent: unknown) => Read<T>;
  /** Returns why it cannot be followed. */
  readonly follow: (input: T) => string | undefined | void;
}

function listener(record: FailoverRecord) {
  return <T>({ name }: { readonly name: string }, { description, read, follow }: Listened<T>): void =>
    setHandler(
      defineSignal<[unknown?]>(name),
      (sent) => {
        const got = read(sent);
        const why = 'why' in got ? got.why : follow(got.input);
        if (typeof why === 'string') record.refuse(name, why);
      },
      { description },
    );
}
