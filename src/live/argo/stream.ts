import { textAt, valueAt } from '../../model/fields';
import { linesOf } from '../watchLines';

/**
 * The answers of a streaming call: grpc-gateway writes one JSON object a line, with `result`, or with
 * `error` as the last one.
 */
export async function* streamed(body: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  for await (const { text, isWhole } of linesOf(body)) {
    if (!isWhole) throw new Error('The stream was cut.');
    if (text.trim() === '') continue;
    const line = JSON.parse(text) as unknown;
    const error = valueAt(line, 'error');
    if (error !== undefined) throw new Error(textAt(error, 'message') ?? 'The stream ended.');
    yield valueAt(line, 'result');
  }
}
