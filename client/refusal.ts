type Refused = readonly { readonly signal: string; readonly why: string }[];

/** Why the newest of the refused signals was refused, if that happened between two looks. */
export function freshRefusal(before: Refused, after: Refused): string | undefined {
  return JSON.stringify(before) === JSON.stringify(after) ? undefined : after.at(-1)?.why;
}
