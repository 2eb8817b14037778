import { BlockList, isIP } from 'node:net';

/**
 * The proxy for a server: `proxy-url` of the kubeconfig, else the environment's, with the rules of Go's
 * `httpproxy` package (localhost and loopback never, NO_PROXY as names, suffixes, addresses, CIDRs).
 */
export function proxyFor(
  server: URL,
  proxyUrl: string | undefined,
  environment: Readonly<Record<string, string>>,
): string | undefined {
  if (proxyUrl !== undefined) return proxyUrl;
  const variable = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const proxy = fromEnvironment(environment, variable);
  if (proxy === undefined || isExempt(server, fromEnvironment(environment, 'NO_PROXY') ?? ''))
    return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}

function fromEnvironment(
  environment: Readonly<Record<string, string>>,
  name: string,
): string | undefined {
  const value = environment[name] ?? environment[name.toLowerCase()];
  return value === undefined || value === '' ? undefined : value;
}

function isExempt(server: URL, noProxy: string): boolean {
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (isLoopback(host)) return true;
  const port = server.port !== '' ? server.port : server.protocol === 'https:' ? '443' : '80';
  return noProxy
    .split(',')
    .map((rule) => rule.trim().toLowerCase())
    .some((rule) => rule !== '' && matches(rule, host, port));
}

function matches(rule: string, host: string, port: string): boolean {
  if (rule === '*') return true;
  if (rule.includes('/')) return inSubnet(rule, host);
  if (isIP(rule) !== 0) return rule === host;
  const [, name = rule, rulePort = port] = /^(.*?)(?::(\d+))?$/.exec(rule) ?? [];
  return rulePort === port && matchesName(name, host);
}

/** `example.com` covers itself and what is below it; `.example.com` and `*.example.com` only the latter. */
function matchesName(name: string, host: string): boolean {
  const bare = name.replace(/^\*?\./, '');
  return (name === bare && host === bare) || (isIP(host) === 0 && host.endsWith(`.${bare}`));
}

function inSubnet(rule: string, host: string): boolean {
  const [network = '', prefix = ''] = rule.split('/');
  const version = isIP(network);
  if (version === 0 || isIP(host) !== version || !isPrefix(prefix, version)) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const subnet = new BlockList();
  subnet.addSubnet(network, Number(prefix), family);
  return subnet.check(host, family);
}

function isPrefix(text: string, version: number): boolean {
  return /^\d+$/.test(text) && Number(text) <= (version === 4 ? 32 : 128);
}
