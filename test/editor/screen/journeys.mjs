import { axe } from './axe.mjs';
import { canary } from './canary.mjs';
import { drift } from './drift.mjs';
import { editing } from './editing.mjs';
import { keyboard } from './keyboard.mjs';
import { pullRequest } from './pullRequest.mjs';
import { restored } from './restored.mjs';
import { sync } from './sync.mjs';
import { themes } from './themes.mjs';
import { welcome } from './welcome.mjs';

/** In order: what only looks comes first, what acts on the lab last. */
export const journeys = [
  welcome,
  canary,
  drift,
  editing,
  keyboard,
  restored,
  axe,
  themes,
  pullRequest,
  sync,
];
