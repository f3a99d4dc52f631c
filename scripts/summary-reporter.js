/** Ends a Jest run with the one line that says it all: `N passed, N failed`. A file that could not run counts as failed. */
class SummaryReporter {
  onRunComplete(_contexts, results) {
    const broken = results.testResults.filter(
      (file) => file.testExecError && file.numFailingTests === 0,
    ).length;
    process.stdout.write(`\n${results.numPassedTests} passed, ${results.numFailedTests + broken} failed\n`);
  }
}

module.exports = SummaryReporter;
