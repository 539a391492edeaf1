import { promised } from './availability/bounds.ts';
import { judge } from './availability/judge.ts';
import { readRuns } from './availability/results.ts';
import { availabilityTable } from './availability/table.ts';

const runs = readRuns();
console.log(availabilityTable(promised, runs));
const broken = promised.flatMap((one) => judge(one, runs).broken);
for (const line of broken) console.error(line);
process.exitCode = broken.length === 0 ? 0 : 1;
