/** Ends a Jest run with the one line that says it all: `N passed, N failed`. A file that could not run counts as failed. */
class SummaryReporter {
  onRunComplete(_contexts, results) {
    const broken = results.testResults.filter(
      (file) => file.testExecError && file.numFailingTests === 0,
    ).length;
    const line = `${results.numPassedTests} passed, ${results.numFailedTests + broken} failed`;
    // At the very end, after Jest's own summary, which comes after every reporter.
    process.once('exit', () => process.stdout.write(`${line}\n`));
  }
}

module.exports = SummaryReporter;
