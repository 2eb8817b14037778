type Environment = Readonly<Record<string, string | undefined>>;

/** A token of the environment for the forge at an address, or why it is kept back. */
export type EnvironmentToken =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'kept'; readonly reason: string };

interface TokenRule {
  readonly variable: string;
  /** Says which server the token is for. */
  readonly server: string;
  readonly usualServer?: string;
}

/** GitHub Actions and its likes set `GITHUB_SERVER_URL` beside the token; Gitea has no public host. */
const rules: Readonly<Record<'github' | 'gitea', TokenRule>> = {
  github: {
    variable: 'GITHUB_TOKEN',
    server: 'GITHUB_SERVER_URL',
    usualServer: 'https://github.com',
  },
  gitea: { variable: 'GITEA_TOKEN', server: 'GITEA_SERVER_URL' },
};

/** A token is handed out for its own server only, whatever a server says that it is. */
export function environmentToken(
  environment: Environment,
  forge: 'github' | 'gitea',
  baseUrl: string,
): EnvironmentToken {
  const { variable, server, usualServer } = rules[forge];
  const token = environment[variable];
  if (token === undefined || token === '') return { kind: 'none' };
  const own = nonEmpty(environment[server]) ?? usualServer;
  if (own === undefined || originOf(own) === originOf(baseUrl)) return { kind: 'token', token };
  const reason = `${variable} is for ${own}, so it is not sent to ${baseUrl}; ${server} says whose it is.`;
  return { kind: 'kept', reason };
}

/**
 * The editor's sign-in for a GitHub, if it has one: each is for one server, GitHub's own or the one
 * that the setting `github-enterprise.uri` names.
 */
export function githubSignIn(
  baseUrl: string,
  enterpriseUrl: string,
): 'github' | 'github-enterprise' | undefined {
  if (baseUrl === rules.github.usualServer) return 'github';
  const isOwn = URL.canParse(enterpriseUrl) && originOf(enterpriseUrl) === baseUrl;
  return isOwn ? 'github-enterprise' : undefined;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** Not a URL: equal to nothing but itself. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
