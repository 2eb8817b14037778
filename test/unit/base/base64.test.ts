import { describe, expect, it } from 'vitest';
import { textOfBase64 } from '../../../src/base/base64';

describe('the text of base64', () => {
  it.each([
    ['', ''],
    ['YQ==', 'a'],
    ['w7xuw69jw7bDsMOp', 'ünïcöðé'],
    ['/w==', '\uFFFD'],
  ])('%s', (base64, text) => {
    expect(textOfBase64(base64)).toBe(text);
  });

  it('is none of what is no base64', () => {
    expect(() => textOfBase64('*')).toThrow();
  });
});
