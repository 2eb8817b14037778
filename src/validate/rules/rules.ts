import { apiVersionRule } from './apiVersion';
import { duplicateObjectRule } from './duplicateObject';
import { labelsRule } from './labels';
import { metadataNameRule } from './metadataName';
import { noSchemaRule } from './noSchema';
import type { BatchRule, ObjectRule } from './rule';
import { schemaRule } from './schema';
import { selectorMismatchRule } from './selectorMismatch';

export const OBJECT_RULES: readonly ObjectRule[] = [
  metadataNameRule,
  schemaRule,
  labelsRule,
  selectorMismatchRule,
];

export const BATCH_RULES: readonly BatchRule[] = [
  apiVersionRule,
  duplicateObjectRule,
  noSchemaRule,
];
