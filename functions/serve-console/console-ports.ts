// What does the console read? Stores that it never writes: only the methods that are used, so that a type says so too.

import type { KnownSource } from '../../adapters/dynamodb/revocation-sources.ts';
import type { SpentLimit } from '../../adapters/dynamodb/spent-limits.ts';
import type { EnrolmentStore, StatusStore } from '../../core/enrolment/ports.ts';
import type { EvidenceChains, HeadNotes } from '../../core/evidence/ports.ts';
import type { PayoutReader } from '../../core/payout/ports.ts';
import type { Acts, ApiKeyRings, Decisions, Parties, People } from '../../core/people/ports.ts';
import type { Suspensions } from '../../core/suspension/ports.ts';
import type { TrustSource } from '../../core/trust.ts';
import type { SessionPorts } from '../serve-admin/session.ts';

export interface ConsolePorts extends SessionPorts {
  readonly nodeName: string;
  readonly nodeFinId: string;
  readonly timeZone: string;
  readonly enrolments: Pick<EnrolmentStore, 'find' | 'rows' | 'list'>;
  readonly statuses: Pick<StatusStore, 'listOf'>;
  readonly decisions: Pick<Decisions, 'find' | 'waitingOf'>;
  readonly parties: Parties;
  readonly people: Pick<People, 'person' | 'contact' | 'holders'>;
  readonly apiKeys: ApiKeyRings;
  readonly acts: Pick<Acts, 'open'>;
  readonly suspensions: Pick<Suspensions, 'standing' | 'find'>;
  readonly payouts: PayoutReader;
  /** @param day YYYY-MM-DD where the participant is */
  readonly spentToday: (participant: string, day: string) => Promise<readonly SpentLimit[]>;
  readonly evidence: Pick<EvidenceChains & HeadNotes, 'heads' | 'waiting' | 'lastHead'>;
  readonly trust: TrustSource;
  readonly sourceTimes: (sources: readonly string[]) => Promise<readonly (KnownSource | undefined)[]>;
}
