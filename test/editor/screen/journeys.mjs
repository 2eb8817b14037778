import { argoOnly } from './argoOnly.mjs';
import { canary } from './canary.mjs';
import { drift } from './drift.mjs';
import { editing } from './editing.mjs';
import { followed } from './followed.mjs';
import { keyboard } from './keyboard.mjs';
import { brokenKubeconfig, noKubeconfig } from './kubeconfigs.mjs';
import { loginProgram } from './loginProgram.mjs';
import { multiRoot } from './multiRoot.mjs';
import { origins } from './origins.mjs';
import { pullRequest } from './pullRequest.mjs';
import { reconcile } from './reconcile.mjs';
import { restored } from './restored.mjs';
import { sync } from './sync.mjs';
import { themes } from './themes.mjs';
import { tree } from './tree.mjs';
import { welcome } from './welcome.mjs';

/**
 * @typedef {object} Journey
 * @property {string} name
 * @property {(world: object) => Promise<void>} run
 */

/** Lanes that run beside each other and need no lab. @type {readonly (readonly Journey[])[]} */
export const alone = [
  [welcome, canary, noKubeconfig, multiRoot],
  [brokenKubeconfig, loginProgram, origins],
];

/**
 * Lanes that run beside each other. What drifts on production is looked at, and at last taken back,
 * in one lane.
 *
 * @type {readonly (readonly Journey[])[]}
 */
export const onLab = [
  [drift, tree, keyboard, themes, followed, sync],
  [argoOnly, editing, restored, pullRequest, reconcile],
];
