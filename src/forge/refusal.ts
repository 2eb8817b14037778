export interface ForgeRefusal {
  readonly kind: 'refused';
  readonly reason: string;
  readonly tokenRefused: boolean;
}

type Sentence = (forge: string, text: string) => string;

const sentences: Readonly<Record<number, Sentence | undefined>> = {
  0: (forge, text) => `${forge} could not be reached: ${text}`,
  401: (forge) => `${forge} refused the token: it has expired or is not valid.`,
  403: (_, text) => `The token may not open a pull request here: ${text}`,
  404: (forge) => `${forge} does not show this repository to this token.`,
  409: () => 'A pull request for this branch exists already.',
};

/** One sentence for a forge's refusal; `detail` is the forge's own message. */
export function refusalOf(status: number, detail: string, forge: string): ForgeRefusal {
  const text = detail.split('\n')[0]?.trim().slice(0, 200) ?? '';
  // Where Gitea answers 409, GitHub answers 422 and says it in words.
  const known = /pull request already exists/i.test(detail) ? 409 : status;
  const sentence = sentences[known]?.(forge, text);
  return {
    kind: 'refused',
    reason: sentence ?? `${forge} did not open the pull request (${status}): ${text}`,
    tokenRefused: status === 401,
  };
}
