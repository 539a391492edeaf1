import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files of a minute and more, most of it waiting, by their path: small ones among them would begin last, by their size. */
const long =
  /\/(workflows\/(failover|drill|backup|replay)|client\/failover-itself|failover\/safety|activities\/watch)/;

/** Begins with the long files, so that none of them is what the others' processes wait for in the end. */
export default class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const [first, later] = [true, false].map((is) =>
      sorted.filter(({ moduleId }) => long.test(moduleId) === is),
    );
    return [...(first ?? []), ...(later ?? [])];
  }
}
