import { describe, expect, it } from 'vitest';
import type { FetchAnswer, FetchedSubmodule } from '../../../src/model/fetch';
import { fetchSubmodules } from '../../../src/render/fetchSubmodules';

const commit = (digit: string): string => digit.repeat(40);

const module = (path: string, url: string, id = commit('1')): FetchedSubmodule => ({
  path,
  url,
  commit: id,
});

function answerWith(submodules: readonly FetchedSubmodule[]): FetchAnswer {
  const repository = { url: 'u', ref: 'r', commit: commit('0'), fetchedAt: '', submodules };
  return { charts: [], repositories: [repository], failures: [], lockOutOfSync: false };
}

/** Fetches from a table of what each address has inside. */
async function run(
  url: string,
  own: readonly FetchedSubmodule[],
  inside: Readonly<Record<string, readonly FetchedSubmodule[] | FetchAnswer>> = {},
) {
  const asked: string[] = [];
  const answer = await fetchSubmodules({
    url,
    answer: answerWith(own),
    fetch: (address, id) => {
      asked.push(`${address} ${id.slice(0, 1)}`);
      const there = inside[address] ?? [];
      return Promise.resolve('failures' in there ? there : answerWith(there));
    },
  });
  return { answer, asked };
}

const BASE = 'https://git.acme.example/acme/base.git';

describe('fetching submodules', () => {
  it('gets each once, to any depth, and answers with the commit itself', async () => {
    const deep = module('third/deep', 'https://git.acme.example/acme/deep.git', commit('2'));
    const { answer, asked } = await run(
      BASE,
      [
        module('a', 'https://git.acme.example/acme/lib.git'),
        module('b', 'https://git.acme.example/acme/lib.git'),
      ],
      { 'https://git.acme.example/acme/lib.git': [deep] },
    );
    expect(asked).toEqual([
      'https://git.acme.example/acme/lib.git 1',
      'https://git.acme.example/acme/deep.git 2',
    ]);
    expect(answer.failures).toEqual([]);
    expect(answer.repositories).toHaveLength(1);
  });

  it('gives up with the first that cannot be had, and names it', async () => {
    const failure = { kind: 'unauthorized', message: 'https://x.example/y refuses the login.' };
    const refusal = { charts: [], failures: [failure], lockOutOfSync: false } as FetchAnswer;
    const lib = 'https://git.acme.example/acme/lib.git';
    const { answer, asked } = await run(
      BASE,
      [module('lib', lib), module('never', 'https://git.acme.example/z.git')],
      { [lib]: [module('third', 'https://x.example/y')], 'https://x.example/y': refusal },
    );
    expect(asked).toHaveLength(3);
    expect(answer).toMatchObject({
      failures: [
        {
          kind: 'unauthorized',
          message: `The submodule lib/third of ${BASE}: https://x.example/y refuses the login.`,
        },
      ],
    });
    expect(answer.repositories).toBeUndefined();
  });

  it.each([
    'http://127.0.0.1:8080/x.git',
    'http://localhost/x.git',
    'https://LOCALHOST:8443/x',
    'http://user@127.1/x.git',
    'https://[::1]/x',
    'https://[::ffff:7f00:1]/x',
    'https://0.0.0.0/x',
    'git@localhost:x.git',
    'ssh://git@127.0.0.1/x',
    'https://api.localhost/x',
  ])('lets no server lead to this machine: %s', async (url) => {
    const { answer, asked } = await run(BASE, [module('vendor/lib', url)]);
    expect(asked).toEqual([]);
    expect(answer.failures).toMatchObject([{ kind: 'refused' }]);
    expect(answer.failures[0]?.message).toContain('may not be read from there');
    const own = await run('http://127.0.0.1:3000/acme/base.git', [module('vendor/lib', url)]);
    expect(own.asked).toHaveLength(1);
  });

  it.each(['https://localhost.example.com/x', 'https://10.0.0.1/x', 'git@host:localhost/x.git'])(
    'takes other servers for what they are: %s',
    async (url) => {
      expect((await run(BASE, [module('lib', url)])).asked).toHaveLength(1);
    },
  );

  it('ends where submodules have no end', async () => {
    let count = 0;
    const answer = await fetchSubmodules({
      url: BASE,
      answer: answerWith([module('m', 'https://git.acme.example/0.git')]),
      fetch: () => {
        count += 1;
        return Promise.resolve(
          answerWith([module('m', `https://git.acme.example/${String(count)}.git`)]),
        );
      },
    });
    expect(count).toBe(8);
    expect(answer.failures[0]?.message).toContain('too deep');
    const many = Array.from({ length: 500 }, (_, index) =>
      module(`m${String(index)}`, `https://git.acme.example/${String(index)}.git`),
    );
    const wide = await run(BASE, many);
    expect(wide.asked).toHaveLength(400);
    expect(wide.answer.failures[0]?.message).toContain('too many');
  });
});
