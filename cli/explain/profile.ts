// Under which PSC profile is a certificate read when no node is asked? The one given as a file, or what is commonly
// right for the country: every layout that its PSCs use is tried, and the one that fits is named.

import { readFileSync } from 'node:fs';
import type { ParsedCertificate } from '../../core/certificate/certificate.ts';
import type { Country, Holder } from '../../core/certificate/holder/extractor.ts';
import { attributes } from '../../core/certificate/holder/fields.ts';
import {
  type HolderLayout,
  holderLayouts,
  identifyHolder,
  identifyTransportOwner,
  type TransportOwner,
} from '../../core/certificate/holder/holder.ts';
import { JsonReader } from '../../core/certificate/manifest-json.ts';
import { type PscProfile, readProfile } from '../../core/certificate/psc-profile.ts';
import { Refusal } from '../../core/errors.ts';
import { UsageError } from '../exit-codes.ts';

export const countries: readonly Country[] = ['BR', 'CL', 'CO', 'MX', 'PE'];

export function readProfileFile(file: string): PscProfile {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`"--profile": ${(error as Error).message}`);
  }
  return readProfile(new JsonReader(json, 'profile'));
}

/** As asked for, or C of the subject, or C of the issuer. */
export function countryOf(leaf: ParsedCertificate, asked: string | undefined): Country | undefined {
  const named = [asked, ...attributes(leaf.subject, '2.5.4.6'), ...attributes(leaf.issuer, '2.5.4.6')];
  const found = named.find((name) => name !== undefined)?.toUpperCase();
  return countries.find((country) => country === found);
}

/** A3 and A4 of ICP-Brasil (Resolucao 211/2024); other countries' policies are each PSC's own. */
const usualPolicies: Partial<Record<Country, readonly string[]>> = {
  BR: ['2.16.76.1.2.3.*', '2.16.76.1.2.4.*'],
};

/** Profiles to try, the likeliest layout first. */
export function usualProfiles(country: Country): PscProfile[] {
  return holderLayouts
    .filter((layout) => layout.startsWith(`${country.toLowerCase()}.`))
    .map((holder: HolderLayout) =>
      readProfile(
        new JsonReader({
          id: 'usual',
          name: `usual in ${country}`,
          country,
          enabled: true,
          holder,
          acceptedPolicies: [...(usualPolicies[country] ?? [])],
          revocation: {},
        }),
      ),
    );
}

export interface Identified<T> {
  readonly profile: PscProfile;
  readonly found: T;
}

export const personBy = (leaf: ParsedCertificate, profiles: readonly PscProfile[]): Identified<Holder> =>
  firstThatFits(profiles, (profile) => identifyHolder(leaf, profile));

export const ownerBy = (
  leaf: ParsedCertificate,
  profiles: readonly PscProfile[],
): Identified<TransportOwner> => firstThatFits(profiles, (profile) => identifyTransportOwner(leaf, profile));

/** Where none fits, the refusal of the one that came farthest: any but a missing field says more. */
function firstThatFits<T>(profiles: readonly PscProfile[], read: (profile: PscProfile) => T): Identified<T> {
  let refusal: Refusal | undefined;
  for (const profile of profiles) {
    try {
      return { profile, found: read(profile) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (!refusal || refusal.code === 'HOLDER_FIELD_MISSING') refusal = error;
    }
  }
  throw refusal ?? new Refusal('HOLDER_FIELD_MISSING');
}
