import { messageOf } from '../base/userError';
import { textAt, valueAt } from '../model/fields';
import type { AccessRefusal } from '../model/cluster';
import { printable } from './printable';

/** One sentence for a request that got no answer, or only a part of one. */
export function brokenRefusal(
  error: unknown,
  server: URL,
  status: number | undefined,
): AccessRefusal {
  const host = printable(server.host);
  if (status !== undefined) {
    return {
      kind: 'failed',
      status,
      message: `The answer of ${host} ended before it was complete.`,
    };
  }
  return { kind: 'unreachable', message: sentenceFor(error, host) };
}

/** True when what the kubeconfig trusts, or shows, does not go with the server's certificate. */
export function isAboutCertificates(error: unknown): boolean {
  const code = codeOf(error);
  return untrustedCodes.has(code) || /CERT/.test(code);
}

/** True when the server closed a kept connection just as it was used again. */
export function isLostConnection(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(codeOf(error));
}

const sentences: Readonly<Record<string, (host: string) => string>> = {
  ECONNREFUSED: (host) => `Nothing answers at ${host} (connection refused).`,
  ENOTFOUND: (host) => `The name of ${host} cannot be resolved.`,
  EAI_AGAIN: (host) => `The name of ${host} cannot be resolved at the moment.`,
  EHOSTUNREACH: (host) => `There is no route to ${host}.`,
  ENETUNREACH: (host) => `There is no network to ${host}.`,
  ETIMEDOUT: (host) => `${host} did not accept a connection in time.`,
  UND_ERR_CONNECT_TIMEOUT: (host) => `${host} did not accept a connection in time.`,
  UND_ERR_HEADERS_TIMEOUT: (host) => `${host} did not answer in time.`,
  UND_ERR_BODY_TIMEOUT: (host) => `${host} stopped answering.`,
  ECONNRESET: (host) => `${host} closed the connection.`,
  EPIPE: (host) => `${host} closed the connection.`,
  UND_ERR_SOCKET: (host) => `${host} closed the connection.`,
  HPE_INVALID_CONSTANT: (host) => `${host} does not speak HTTP.`,
  ERR_SSL_WRONG_VERSION_NUMBER: (host) => `${host} does not speak TLS.`,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: (host) => `${host} does not speak TLS.`,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: (host) =>
    `${host} does not accept the client certificate of the kubeconfig: it has expired.`,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: (host) => `${host} wants a client certificate.`,
  CERT_HAS_EXPIRED: (host) => `The certificate of ${host} has expired.`,
  CERT_NOT_YET_VALID: (host) => `The certificate of ${host} is not valid yet.`,
  ERR_TLS_CERT_ALTNAME_INVALID: (host) => `The certificate of ${host} was made for another name.`,
};

const untrustedCodes = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
]);

function sentenceFor(error: unknown, host: string): string {
  const code = codeOf(error);
  const known = sentences[code];
  if (known !== undefined) return known(host);
  if (untrustedCodes.has(code)) {
    return `The certificate of ${host} is not signed by an authority that the kubeconfig trusts.`;
  }
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') {
    return `${host} refused the TLS connection (${readable(code)}).`;
  }
  if (code.startsWith('ERR_OSSL_'))
    return 'The client certificate or key of the kubeconfig is not valid.';
  return `${host} cannot be reached: ${printable(messageOf(error)).slice(0, 200)}`;
}

function readable(code: string): string {
  return code
    .replace(/^ERR_SSL_/, '')
    .replaceAll('_', ' ')
    .toLowerCase();
}

/** The code of the error or of what caused it; several addresses fail as one aggregate. */
function codeOf(error: unknown): string {
  const candidates = [error, valueAt(error, 'cause'), valueAt(error, 'errors', 0)];
  const codes = candidates.map((it) => (it instanceof Error ? errorCode(it) : textAt(it, 'code')));
  return codes.find((code) => code !== undefined && code !== '') ?? '';
}

function errorCode(error: Error): string | undefined {
  const { code } = error as NodeJS.ErrnoException;
  const aggregated: unknown = (error as { errors?: readonly unknown[] }).errors?.[0];
  if (code !== undefined && code !== '') return code;
  return aggregated instanceof Error ? (aggregated as NodeJS.ErrnoException).code : undefined;
}
