/** What the editor is set to (`http.proxy`, `http.noProxy`, `http.proxySupport`). */
export interface HttpSettings {
  readonly proxy: unknown;
  readonly noProxy: unknown;
  readonly support: unknown;
}

type Environment = Readonly<Record<string, string>>;

/**
 * The environment with the editor's proxy, for connections of our own and for the programs that log in.
 * A variable that is set goes before it; so does `proxy-url` of a kubeconfig.
 */
export function withEditorProxy(environment: Environment, http: HttpSettings): Environment {
  const { proxy, noProxy, support } = http;
  const isSet = ['HTTPS_PROXY', 'HTTP_PROXY'].some((name) => valueOf(environment, name) !== '');
  if (support === 'off' || isSet || typeof proxy !== 'string' || !isHttp(proxy)) return environment;
  const exempt = [valueOf(environment, 'NO_PROXY'), ...listOf(noProxy)].filter((it) => it !== '');
  return {
    ...environment,
    HTTPS_PROXY: proxy,
    HTTP_PROXY: proxy,
    ...(exempt.length > 0 && { NO_PROXY: exempt.join(',') }),
  };
}

function valueOf(environment: Environment, name: string): string {
  return environment[name] ?? environment[name.toLowerCase()] ?? '';
}

function isHttp(proxy: string): boolean {
  return /^https?:\/\//.test(proxy) && URL.canParse(proxy);
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
