import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseKubeconfig } from '../../../src/live/clientNode';
import { createPluginPolicies } from '../../../src/live/kuberc';

const held: { home?: string } = {};
const home = (): string => held.home ?? '';
beforeAll(async () => {
  held.home = await mkdtemp(join(tmpdir(), 'plumbline-kuberc-'));
  await mkdir(join(home(), 'bin'));
  await mkdir(join(home(), '.kube'));
  for (const name of ['aws', 'other']) {
    await writeFile(join(home(), 'bin', name), '#!/bin/sh\n');
    await chmod(join(home(), 'bin', name), 0o755);
  }
});
afterAll(() => rm(home(), { recursive: true, force: true }));

const HEAD = 'apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n';

async function refusal(
  text: string | undefined,
  more: { readonly command?: string; readonly environment?: Record<string, string> } = {},
) {
  const file = join(home(), '.kube', 'kuberc');
  await rm(file, { force: true });
  if (text !== undefined) await writeFile(file, text);
  const warnings: string[] = [];
  const log = { debug() {}, info() {}, error() {}, warn: (one: string) => warnings.push(one) };
  const { command = 'aws', environment = {} } = more;
  const told = await createPluginPolicies(parseKubeconfig, log).refusal(
    { command, program: join(home(), 'bin', 'aws') },
    { HOME: home(), PATH: join(home(), 'bin'), ...environment },
  );
  return { told: told?.replace(/^.*kuberc: /, ''), warnings };
}

/** As `kubectl` with the same file decides (client-go `plugin/pkg/client/auth/exec`). */
describe('which login programs kuberc allows', () => {
  it.each<[string, string | undefined, string | undefined]>([
    ['any without a file', undefined, undefined],
    ['any where it says nothing', HEAD, undefined],
    ['any by AllowAll', `${HEAD}credentialPluginPolicy: AllowAll`, undefined],
    [
      'none by DenyAll',
      `${HEAD}credentialPluginPolicy: DenyAll`,
      'its credentialPluginPolicy is DenyAll.',
    ],
    [
      'one by its name, as it is found on PATH',
      `${HEAD}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: other}, {command: aws}]`,
      undefined,
    ],
    [
      'one by the older word',
      `${HEAD}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{name: aws}]`,
      undefined,
    ],
    [
      'no other one',
      `${HEAD}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: other}]`,
      'its credentialPluginAllowlist does not name it.',
    ],
    [
      'no other one of that name',
      `${HEAD}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: /elsewhere/aws}]`,
      'its credentialPluginAllowlist does not name it.',
    ],
    [
      'none by an empty list',
      `${HEAD}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: []`,
      'its policy is "Allowlist", but the list is empty.',
    ],
    [
      'none by a list that does not count',
      `${HEAD}credentialPluginAllowlist: [{command: aws}]`,
      'it has an allowlist, but its policy is "".',
    ],
    [
      'none by a policy that there is not',
      `${HEAD}credentialPluginPolicy: Some`,
      '"Some" is no policy.',
    ],
    [
      'none by an entry that is no path',
      `${HEAD}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: /usr//aws}]`,
      '"/usr//aws" is no entry of an allowlist.',
    ],
    [
      'by the first document that is one',
      `apiVersion: v1\nkind: Other\n---\n${HEAD}credentialPluginPolicy: DenyAll\n---\n${HEAD}`,
      'its credentialPluginPolicy is DenyAll.',
    ],
  ])('%s', async (_, text, expected) => {
    expect(await refusal(text)).toEqual({ told: expected, warnings: [] });
  });

  it('one by its path', async () => {
    const text = `${HEAD}credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: ${home()}/bin/aws}]`;
    expect((await refusal(text)).told).toBeUndefined();
  });

  it('any by a file that is none, with a word in the log; none where the user named it', async () => {
    const broken = await refusal('a: [');
    expect(broken).toEqual({
      told: undefined,
      warnings: ['kuberc: it holds no preferences of kubectl'],
    });
    const named = { environment: { KUBERC: join(home(), 'nothing', 'kuberc') } };
    expect((await refusal(undefined, named)).told).toBe('it cannot be read.');
  });

  const switches: Record<string, string>[] = [{ KUBERC: 'off' }, { KUBECTL_KUBERC: 'false' }];
  it.each(switches)('any where %o', async (environment) => {
    const text = `${HEAD}credentialPluginPolicy: DenyAll`;
    expect((await refusal(text, { environment })).told).toBeUndefined();
  });
});
