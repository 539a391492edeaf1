// Runs vitest and ends with the one line that says how it went: "N passed, N failed, N skipped".
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root, tryRun } from './lib.mjs';

export function runVitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  const report = join(folder, 'report.json');
  try {
    const code = tryRun(process.execPath, [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ]);
    return summarise(report, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function summarise(report, code) {
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    console.error('vitest wrote no report: nothing is known of the tests');
    return code || 1;
  }
  const failed =
    result.numFailedTests +
    result.testResults.filter((f) => f.status === 'failed' && f.assertionResults.length === 0).length;
  for (const line of failures(result)) console.log(line);
  console.log(
    `${result.numPassedTests} passed, ${failed} failed, ${result.numPendingTests + result.numTodoTests} skipped`,
  );
  if (result.numPassedTests + failed === 0) return code || 1;
  return code;
}

/** One line for each test that failed, with the start of why: the gate says them again at its very end. */
function failures(result) {
  const short = (text) =>
    (text ?? '')
      .split('\n')
      .filter((line) => line.trim())
      .slice(0, 4)
      .join(' | ')
      .slice(0, 400);
  return result.testResults
    .filter((file) => file.status === 'failed')
    .flatMap((file) => {
      const tests = file.assertionResults.filter((test) => test.status === 'failed');
      const what = tests.map((test) => `${test.fullName}: ${short(test.failureMessages[0])}`);
      return (what.length > 0 ? what : [short(file.message)]).map(
        (line) => `failed: ${relative(root, file.name)}: ${line}`,
      );
    });
}
