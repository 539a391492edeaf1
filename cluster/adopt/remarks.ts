/** Something of the inventory that the spec does not say as it was. */
export interface Remark {
  /** `blocks`: `up` would break what runs, until a person has settled it. */
  readonly kind: 'blocks' | 'note';
  readonly text: string;
}

export const blocks = (text: string): Remark => ({ kind: 'blocks', text });
export const note = (text: string): Remark => ({ kind: 'note', text });
