import { expect, test } from 'vitest';
import { changeMark } from '../../cluster/workflow-ids.ts';

test('two changes that begin within the same minute are marked apart', () => {
  // Run ids as Temporal gave them, 33 s apart: their first twelve digits are the time.
  const [first, second] = ['01a225b8-387b-71ff-890f-8472f5b0d15c', '01a225b8-b954-7207-a8e6-63a63d594665'];
  expect([changeMark(first), changeMark(second)]).toEqual(['f5b0d15c', '3d594665']);
});
