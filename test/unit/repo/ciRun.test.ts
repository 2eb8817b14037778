import { describe, expect, it } from 'vitest';
import { folderFrom, runScript, type ShellStart } from '../../../src/repo/ciRun';
import { asWritten, CHECKOUT, unknownText, withPlaceholders } from '../../../src/repo/ciText';

/** The commands that a script runs, with their folders, and what it leaves. */
function walk(
  script: string,
  start: Partial<ShellStart> = {},
): { readonly ran: readonly string[]; readonly left: Readonly<Record<string, string>> } {
  const ran: string[] = [];
  const end = runScript(
    script,
    { folder: '', variables: new Map(), ...start },
    {
      onCommand: ({ words, folder, environment, input, output }) => {
        const set = [...environment].map(([name, value]) => `${name}=${value}`);
        const from = input === undefined ? [] : [typeof input === 'string' ? '<<' : '<'];
        const to = output === undefined ? [] : [`>${output.isAppended ? '>' : ''}${output.file}`];
        const place = folder === '' ? [] : [`[${folder}]`];
        ran.push(asWritten([...place, ...set, ...words, ...from, ...to].join(' ')));
      },
      glob: () => [],
      source: (folder, name) => (name === 'env.sh' ? `HERE=${folder || 'top'}` : undefined),
      budget: { left: 1000 },
    },
  );
  const left = [...end.variables].map(([name, value]) => [name, asWritten(String(value))]);
  return { ran, left: Object.fromEntries(left) as Record<string, string> };
}

describe('a walk through a script', () => {
  it.each<readonly [string, string, readonly string[]]>([
    ['commands in order', 'a; b & c\nd && e || f', ['a', 'b', 'c', 'd', 'e']],
    ['pipelines', 'a | b |& c', ['a', 'b <', 'c <']],
    ['negation', '! a', ['a']],
    ['redirects', 'a > x 2>&1; b >> "y z"; c < in; d &> all', ['a >x', 'b >>y z', 'c <', 'd >all']],
    ['here-documents', 'a <<EOF\nb\nEOF\nc <<-"X"\n\td\n\tX\ne <<< "f"', ['a <<', 'c <<', 'e <<']],
    ['environments of one command', 'X=1 Y="2 3" a $X', ['X=1 Y=2 3 a $X']],
    ['groups', '{ cd x; a; }; b', ['[x] a', '[x] b']],
    ['subshells', '(cd x; a); b', ['[x] a', 'b']],
    ['functions', 'f() { a "$1" "$@"; }\nfunction g { f $2; }\nf 1 2; g 3 4', ['a 1 1 2', 'a 4 4']],
    ['functions before they are there', 'f; f() { a; }', ['f']],
    ['loops over words', 'for x in a "b c" $Y; do r "$x"; done', ['r a', 'r b c', 'r $Y']],
    ['loops without words', 'for x; do r $x; done', ['r $x']],
    ['loops over arithmetic', 'for ((i=0; i<3; i++)); do r; done', ['r']],
    [
      'arguments that are shifted',
      'set_ x; while [ $# -gt 1 ]; do r $1; shift; done',
      ['set_ x', 'r 1', 'r 2'],
    ],
    ['loops until', 'until [ "$1" = 3 ]; do r $1; shift; done', ['r 1', 'r 2']],
    ['loops with an open end', 'while read -r line; do r $line; done < x', ['r $line']],
    ['arithmetic commands', '((x = 1)); r', ['r']],
    ['sourced files', '. env.sh; r $HERE; cd y; source env.sh; r $HERE', ['r top', '[y] r y']],
    ['broken ends', 'if a; then b', ['a', 'b']],
    ['stray words', 'done; fi; a; ) b', ['done', 'fi', 'a', 'b']],
    ['comments', 'a # b\n# c\nd#e "#f"', ['a', 'd#e #f']],
    ['line ends of Windows', 'a \\\r\n  b\r\nc\r\n', ['a b', 'c']],
    ['nothing', '', []],
  ])('follows %s', (_, script, expected) => {
    expect(walk(script, { positional: ['1', '2', '3'] }).ran).toEqual(expected);
  });

  it.each<readonly [string, string, string]>([
    ['the only way', 'if [ a = a ]; then X=1; else X=2; fi', '1'],
    ['the other way', 'if [ a = b ]; then X=1; else X=2; fi', '2'],
    ['the middle way', 'if [ a = b ]; then X=1; elif [[ abc == a* ]]; then X=2; else X=3; fi', '2'],
    ['ways that agree', 'if [ $U = b ]; then X=1; else X=1; fi', '1'],
    ['ways that do not', 'if [ $U = b ]; then X=1; else X=2; fi', '$X'],
    ['a way that may not be gone', 'X=1; if [ $U = b ]; then X=2; fi', '$X'],
    ['a way after &&', 'X=1; [ $U = b ] && X=2', '$X'],
    ['a way after a false test', 'X=1; [ a = b ] && X=2', '1'],
    ['a way after ||', 'X=1; [ a = b ] || X=2', '2'],
    ['a command that is taken to succeed', 'X=1; true; run && X=2', '2'],
    ['its failure', 'X=1; run || X=2', '1'],
    ['a case', 'case prod in dev) X=1 ;; p*|q) X=2 ;; *) X=3 ;; esac', '2'],
    ['a case of slashes', 'case a/b in a*) X=1 ;; *) X=2 ;; esac', '1'],
    ['no case', 'X=0; case x in y) X=1 ;; esac', '0'],
    ['an open case', 'case $U in a) X=1 ;; b) X=1 ;; esac', '$X'],
    ['the end of an open loop', 'X=1; while check; do X=2; done', '$X'],
    ['what a subshell sets', 'X=1; (X=2)', '1'],
    ['what a pipeline sets', 'X=1; echo a | read X', '1'],
    ['an appended text', 'X=a; X+=b', 'ab'],
    ['a declared one', 'export X=a Y=b; readonly X', 'a'],
    ['one that is read', 'read X', '$X'],
    ['one that is unset', 'X=a; unset X', ''],
    ['negated', 'X=1; if ! [ a = b ]; then X=2; fi; if [ ! a = a ]; then X=3; fi', '2'],
    ['emptiness', 'E=; if [ -z "$E" ]; then X=1; fi; if [ -n "$E" ]; then X=2; fi', '1'],
    ['numbers', 'if [ 2 -ge 10 ]; then X=1; elif [ 3 -ne 3 ]; then X=2; else X=3; fi', '3'],
    ['files are not looked at', 'if [ -f x ]; then X=1; else X=2; fi', '$X'],
  ])('leaves of %s what is sure', (_, script, expected) => {
    expect(walk(script).left['X']).toBe(expected);
  });
});

describe('folders', () => {
  it.each<readonly [string, string, string]>([
    ['a', 'b/../c', 'a/c'],
    ['a/b', '..', 'a'],
    ['a', '.', 'a'],
    ['', './a//b/', 'a/b'],
    ['a', `${CHECKOUT}/x`, 'x'],
    ['a', CHECKOUT, ''],
  ])('from %j to %j is %j', (folder, path, expected) => {
    expect(folderFrom(folder, path)).toBe(expected);
  });

  it('outside and unknown ones are neither', () => {
    expect(asWritten(folderFrom('a', '/etc'))).toBe('outside: /etc');
    expect(asWritten(folderFrom('', '../x'))).toBe('outside: ../x');
    expect(asWritten(folderFrom('a', `${unknownText('$X/../..')}/b`))).toBe('a/$X/../../b');
    expect(asWritten(folderFrom(unknownText('$X'), '../b'))).toBe('$X/../b');
  });
});

describe('placeholders', () => {
  it.each([
    ['$GITHUB_SHA', '<pipeline:GITHUB_SHA>'],
    ['${{ github.sha }}', '<pipeline:github.sha>'],
    ['$(git rev-parse --short HEAD)', '<pipeline:git_rev-parse_--short_HEAD>'],
    ['$(Build.BuildId)', '<pipeline:Build.BuildId>'],
    ['${{ format("{0}<>{1}", a, b) }}', '<pipeline:format_0_1_a_b>'],
    ['$()', '<pipeline:unknown>'],
    [`$${'x'.repeat(200)}`, `<pipeline:${'x'.repeat(60)}>`],
  ])('%s stands as %s', (what, expected) => {
    expect(withPlaceholders(`v${unknownText(what)}w`)).toBe(`v${expected}w`);
  });
});
