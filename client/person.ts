import { hostname, userInfo } from 'node:os';

/** Who is at the keyboard, for the record: "ann@laptop". */
export const person = (): string => `${userInfo().username}@${hostname()}`;
