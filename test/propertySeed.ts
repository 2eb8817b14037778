import fc from 'fast-check';

/**
 * One seed for all properties, so that a run says the same twice. `PLUMBLINE_SEED=random` looks for
 * new counterexamples; what it finds becomes a case of a table.
 */
const asked = process.env['PLUMBLINE_SEED'] ?? '20261121';
if (asked !== 'random') fc.configureGlobal({ seed: Number(asked) });
