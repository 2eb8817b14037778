/** One sentence for a forge's refusal; `detail` is the forge's own message. */
export function refusalOf(status: number, detail: string, forge: string): string {
  const text = detail.split('\n')[0]?.trim().slice(0, 200) ?? '';
  switch (status) {
    case 0:
      return `${forge} could not be reached: ${text}`;
    case 401:
      return `${forge} refused the token: it has expired or is not valid.`;
    case 403:
      return `The token may not open a pull request here: ${text}`;
    case 404:
      return `${forge} does not show this repository to this token.`;
    case 409:
      return `A pull request for this branch exists already.`;
    default:
      return `${forge} did not open the pull request (${status}): ${text}`;
  }
}
