import type { Disposable } from '../base/dispose';
import type { Settings } from '../model/config';
import type { Fetcher } from '../model/fetch';
import type { Renderer } from '../model/ports';
import type { CoreWorkbench } from '../pipeline/workbench';
import type { Validator } from '../validate/validator';
import type { Tools, WorkbenchOptions } from './command';

export interface ToolFactories {
  readonly workbench: (options: WorkbenchOptions) => CoreWorkbench;
  readonly renderer: (settings: Settings) => Renderer;
  readonly validator: () => Validator;
  readonly fetcher: () => Fetcher;
}

/** Each part once a run, made on first use; `dispose` ends their processes. */
export function createTools(factories: ToolFactories): Tools & Disposable {
  const made: {
    workbench?: CoreWorkbench;
    renderer?: Renderer;
    validator?: Validator;
    fetcher?: Fetcher;
  } = {};
  return {
    workbench: (options) => (made.workbench ??= factories.workbench(options)),
    renderer: (settings) => (made.renderer ??= factories.renderer(settings)),
    validator: () => (made.validator ??= factories.validator()),
    fetcher: () => (made.fetcher ??= factories.fetcher()),
    dispose() {
      made.workbench?.dispose();
      made.renderer?.dispose();
      made.validator?.dispose();
    },
  };
}
