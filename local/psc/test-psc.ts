// What can be asked of the running test PSC? By tests in its process directly, by others over routes.ts and admin.ts.

import type { ManifestAnchor } from '../../core/certificate/anchors.ts';
import type { PscProfile } from '../../core/certificate/psc-profile.ts';
import type { RevocationReason } from '../../core/certificate/revocation/crl-entry.ts';
import type { CountryAuthority } from './authorities.ts';
import type { PublishedCrl } from './crl.ts';
import type { FaultName, Faults } from './faults.ts';
import type { IssuedLeaf, IssueRequest } from './issue.ts';
import type { Country } from './layouts.ts';
import type { Register, RegisterEntry } from './register.ts';

export interface TestPsc {
  readonly url: string;
  readonly authorities: readonly CountryAuthority[];
  readonly faults: Faults;
  readonly register: Register;
  /** Requests since the start, by `METHOD /path`. */
  readonly requests: ReadonlyMap<string, number>;
  /** For a node's anchor manifest. */
  readonly profiles: readonly PscProfile[];
  readonly anchors: readonly ManifestAnchor[];
  /** @throws Error when the request's own signature does not hold, or the country has no authority here. */
  issue(request: IssueRequest): Promise<IssuedLeaf>;
  /** Takes effect in the next list and the next answer. `unspecified` by default. */
  revoke(serialNumber: string, reason?: RevocationReason): RegisterEntry;
  /** Lifts a `certificateHold`. */
  release(serialNumber: string): void;
  /** The list as it is published now, or as the faults would have it. */
  crl(country: Country, issuer: 'root' | 'intermediate', faults?: ReadonlySet<FaultName>): PublishedCrl;
  authority(country: Country): CountryAuthority;
  stop(): Promise<void>;
}
