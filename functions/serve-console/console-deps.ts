// What does the console read? Stores that it never writes: only the methods that are used, so that a type says so too.

import type { KnownSource } from '../../adapters/dynamodb/revocation-sources.ts';
import type { EnrolmentStore, StatusStore } from '../../core/enrolment/ports.ts';
import type { Acts, ApiKeyRings, Decisions, Parties, People } from '../../core/people/ports.ts';
import type { TrustSource } from '../../core/trust.ts';
import type { SessionDeps } from '../serve-admin/session.ts';

export interface ConsoleDeps extends SessionDeps {
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
  readonly trust: TrustSource;
  readonly sourceTimes: (sources: readonly string[]) => Promise<readonly (KnownSource | undefined)[]>;
}
