import { promised } from './availability/bounds.ts';
import { readRuns } from './availability/results.ts';
import { availabilityTable } from './availability/table.ts';

console.log(availabilityTable(promised, readRuns()));
