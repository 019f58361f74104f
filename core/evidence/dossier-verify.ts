// What does a dossier prove, and by whose word? Offline, years later: all it takes is the trust anchors and the node's
// evidence key, kept by whoever asks. Each sentence of the verdict rests on a signature that was verified here; each
// fault says where it stands. What the law makes of it is not asked.

import { Refusal } from '../errors.ts';
import { type Dossier, readDossier } from './dossier.ts';
import { DossierCheck, type DossierFault, type DossierTrust, type ProvedStatement } from './dossier-check.ts';
import { enrolmentProved } from './dossier-enrolment.ts';
import { payoutProved } from './dossier-payout.ts';

export interface DossierVerdict {
  readonly proved: readonly ProvedStatement[];
  /** Empty: the dossier holds. Otherwise nothing of it should be believed. */
  readonly faults: readonly DossierFault[];
}

export function verifyDossier(bytes: Uint8Array, trust: DossierTrust): DossierVerdict {
  const check = new DossierCheck(trust);
  const dossier = check.at('the file', () => readDossier(bytes));
  if (dossier) verifyParts(check, dossier);
  const { proved, faults } = check;
  return { proved, faults };
}

function verifyParts(check: DossierCheck, dossier: Dossier): void {
  const { payout, enrolments } = dossier;
  check.hold(dossier);
  if (payout) check.at('payout', () => payoutProved(check, dossier, payout));
  else if (enrolments.length === 0)
    check.at('the file', () => {
      throw new Refusal('DOSSIER_INCOMPLETE', { parameter: 'payout' });
    });
  for (const [place, enrolment] of enrolments.entries())
    check.at(`enrolments[${place}]`, () => enrolmentProved(check, dossier, enrolment));
  check.at('the file', () => check.requireAllUsed(dossier));
}
