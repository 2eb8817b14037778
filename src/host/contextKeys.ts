import * as vscode from 'vscode';
import type { CONTEXT_KEYS } from './ids';

export type ContextKey = (typeof CONTEXT_KEYS)[keyof typeof CONTEXT_KEYS];

/** The only writer of context keys; one is written when it changes. */
export function createContextKeys(): (key: ContextKey, value: string | boolean) => void {
  const written = new Map<ContextKey, string | boolean>();
  return (key, value) => {
    if (written.get(key) === value) return;
    written.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  };
}
