import { bech32 } from '@scure/base';
import { text, wanted } from './wanted.ts';

const right = 'an age recipient, age1… as `age-keygen` prints it (check for a lost character)';

/** X25519 recipients: bech32 with prefix "age" over 32 bytes (age's format, C2SP). */
export const ageRecipient = () => text(/^age1[a-z0-9]+$/, right).refine(isAgeRecipient, wanted(right));

function isAgeRecipient(value: string): boolean {
  const decoded = bech32.decodeUnsafe(value);
  return decoded?.prefix === 'age' && bech32.fromWordsUnsafe(decoded.words)?.length === 32;
}
