import type { User } from '@kubernetes/client-node';
import { messageOf } from '../base/userError';

/** The only file that loads `@kubernetes/client-node`, whole or in part, on first use. */
export type ParsedText =
  | { readonly kind: 'ok'; readonly value: unknown }
  | { readonly kind: 'broken'; readonly reason: string };

export type ParseText = (text: string) => Promise<ParsedText>;

/** Kubeconfig text (YAML or JSON) as plain data. Loads the whole library. */
export async function parseKubeconfig(text: string): Promise<ParsedText> {
  const { loadYaml } = await import('@kubernetes/client-node');
  try {
    return { kind: 'ok', value: loadYaml<unknown>(text) };
  } catch (error) {
    return { kind: 'broken', reason: firstLine(messageOf(error)) };
  }
}

/** Turns `auth-provider: {name: oidc}` into an `Authorization` header value. */
export type OidcLogin = () => Promise<string | undefined>;

/**
 * This part of the library alone loads in milliseconds, and it runs in the calling thread: the editor
 * gives its proxy only to that one. The library keeps the refreshed token in the user object it is given, so each login holds a copy of
 * its own: nothing is shared between contexts and nothing is written to the kubeconfig.
 */
export function createOidcLogin(config: Readonly<Record<string, string>>): OidcLogin {
  const user: User = { name: 'oidc', authProvider: { name: 'oidc', config: { ...config } } };
  return async () => {
    const { OpenIDConnectAuth } = await import('@kubernetes/client-node/dist/oidc_auth.js');
    const options: { headers: Record<string, string> } = { headers: {} };
    await new OpenIDConnectAuth().applyAuthentication(user, options);
    return options.headers['Authorization'];
  };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
