import type { User } from '@kubernetes/client-node';
import { messageOf } from '../base/userError';

/** The only file that loads `@kubernetes/client-node`; both uses wait until a kubeconfig is read. */
export type ParsedText =
  | { readonly kind: 'ok'; readonly value: unknown }
  | { readonly kind: 'broken'; readonly reason: string };

/** Kubeconfig text (YAML or JSON) as plain data. */
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
 * The library keeps the refreshed token in the user object it is given, so each login holds a copy of
 * its own: nothing is shared between contexts and nothing is written to the kubeconfig.
 */
export function createOidcLogin(config: Readonly<Record<string, string>>): OidcLogin {
  const user: User = { name: 'oidc', authProvider: { name: 'oidc', config: { ...config } } };
  return async () => {
    const { KubeConfig } = await import('@kubernetes/client-node');
    const kubeconfig = new KubeConfig();
    kubeconfig.loadFromClusterAndUser(
      { name: 'c', server: 'https://localhost', skipTLSVerify: false },
      user,
    );
    const options: { headers: Record<string, string> } = { headers: {} };
    await kubeconfig.applyToHTTPSOptions(options);
    return options.headers['Authorization'];
  };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
