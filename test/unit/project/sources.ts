import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

export interface SourceFile {
  /** Below `src/`, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly ast: ts.SourceFile;
  readonly lineCount: number;
}

export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

function walk(folder: string, extension: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : walk(path, extension);
    return entry.name.endsWith(extension) ? [path] : [];
  });
}

export function readSources(folder: string, extension = '.ts'): readonly SourceFile[] {
  const base = join(projectRoot, folder);
  return walk(base, extension).map((path) => {
    const text = readFileSync(path, 'utf8');
    return {
      path: relative(base, path).replaceAll('\\', '/'),
      text,
      ast: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true),
      lineCount: text.split('\n').length - 1,
    };
  });
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  return node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

/** Static and dynamic imports and re-exports of one file. */
export function importsOf(file: SourceFile): readonly Import[] {
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const specifier = node.moduleSpecifier;
      if (specifier !== undefined && ts.isStringLiteral(specifier)) {
        found.push({ specifier: specifier.text, typeOnly: isTypeOnly(node) });
      }
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const argument = node.arguments[0];
      if (argument !== undefined && ts.isStringLiteral(argument)) {
        found.push({ specifier: argument.text, typeOnly: false });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file.ast);
  return found;
}

/** The file of `src/` that a relative specifier means, or `undefined` for a package. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return join(dirname(from), specifier).replaceAll('\\', '/') + '.ts';
}
