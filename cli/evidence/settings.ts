// Which settings of a node does an audit need? Options of the command line stand in for each of them.

import type { Config } from '../../adapters/config.ts';

export const auditSettings = [
  'tableName',
  'evidenceBucket',
  'nodeFinId',
  'evidenceKeyId',
  'pastEvidenceKeyIds',
  'sealKeyId',
  'pastSealKeyIds',
] as const;

export type AuditSettings = Config<(typeof auditSettings)[number]>;

export const dossierSettings = ['tableName', 'evidenceBucket', 'nodeFinId', 'factorKeyId'] as const;

export type DossierSettings = Config<(typeof dossierSettings)[number]>;
