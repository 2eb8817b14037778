/** Loads the library ahead of those who import it, in a turn of the event loop that they choose. */
export async function loadYaml(): Promise<void> {
  await import('yaml');
}
