import type { AppPolicy } from '../../src/model/app';

/** An Application that asks for nothing in particular. */
export const plainPolicy: AppPolicy = {
  comparison: 'three-way',
  fieldManager: 'argocd-controller',
  automated: false,
  selfHeal: false,
  prune: false,
  suspended: false,
  recreates: false,
  syncOptions: [],
  compareOptions: [],
  ignoreRules: [],
};
