import { activationTests } from './activation';
import { documentTests } from './documents';
import { editingTests } from './editing';
import { languageTests } from './language';
import { runTests } from './suite';

/** What the editor calls; it ends with the process's code. */
export async function run(): Promise<void> {
  // Activation first: nothing may have woken the extension before it is measured.
  await runTests([...activationTests, ...languageTests, ...editingTests, ...documentTests]);
}
