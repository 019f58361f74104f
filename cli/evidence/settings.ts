// Which settings of a node does an audit need? Options of the command line stand in for each of them.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../adapters/config.ts';
import { UsageError } from '../exit-codes.ts';

/** Its sentence for a terminal in which nothing of the node is set, where a local network has one ready. */
export function missingSettings(error: unknown): UsageError {
  const local = existsSync(localVariables) ? `; here: . ${localVariables}` : '';
  return new UsageError(`${(error as Error).message}${local}`);
}

const localVariables = join('.local', 'network.env');

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
