// What do the acts about participants and other nodes change? Profiles, pins and API keys; a key is shown once to
// whoever applied the act and stored as its digest.

import { createHash } from 'node:crypto';
import { admitAnotherKey, grantApiKey, makeApiKey } from '../../core/api-key.ts';
import { Refusal } from '../../core/errors.ts';
import {
  type ActParameters,
  admitPersonParameters,
  type ProfileParameters,
} from '../../core/people/act-parameters.ts';
import type { Party } from '../../core/people/party.ts';
import {
  type ActContext,
  type Applied,
  type ApplyActPorts,
  accessChanged,
  nothing,
  together,
} from './applying.ts';
import { invalid, proveGiven } from './given-certificate.ts';
import { inviteAll } from './people-acts.ts';

/** One composite act: profile, people, first API key. */
export async function onboard(
  ports: ApplyActPorts,
  { profile, people }: ActParameters['participant.onboard'],
  context: ActContext,
): Promise<Applied> {
  if (await ports.parties.party(profile.fin_id))
    throw invalid('profile.fin_id', 'a participant that is new here');
  for (const person of people) {
    admitPersonParameters(person);
    if (person.participant !== profile.fin_id) throw invalid('people.participant', `"${profile.fin_id}"`);
  }
  for (const office of ['securityOfficer', 'apoderado'] as const)
    if (!people.some((person) => person.office === office))
      throw new Refusal('OFFICE_MISSING', { parameter: office });
  const party = partyOf(profile, 1);
  return together([
    { ...nothing, grants: [{ noun: 'party', party }], subjects: { participant: party.finId } },
    await inviteAll(ports, people, context),
    await keyFor(ports, party, context.now),
  ]);
}

export async function change(
  ports: ApplyActPorts,
  { profile }: ActParameters['participant.change'],
  context: ActContext,
): Promise<Applied> {
  const before = await partyHere(ports, profile.fin_id);
  if (before.kind !== 'participant') throw invalid('profile.fin_id', 'a participant');
  const party = partyOf(profile, before.version + 1);
  const mails = await accessChanged(ports, party.finId, 'profile', context);
  return { ...nothing, grants: [{ noun: 'party', party }], mails, subjects: { participant: party.finId } };
}

export async function issueKey(
  ports: ApplyActPorts,
  { participant }: ActParameters['apiKey.issue'],
  context: ActContext,
): Promise<Applied> {
  const issued = await keyFor(ports, await partyHere(ports, participant), context.now);
  return { ...issued, mails: await accessChanged(ports, participant, 'apiKey', context) };
}

async function keyFor(ports: ApplyActPorts, party: Party, now: Date): Promise<Applied> {
  const ring = await ports.apiKeys.heldBy(party.finId);
  admitAnotherKey(ring.keys, now);
  const key = makeApiKey(ports.stage, ports.random(32));
  const grant = grantApiKey({ key, keyId: ports.ids.next(), participant: party.finId }, now);
  return {
    ...nothing,
    grants: [{ noun: 'apiKey', grant, ring }],
    once: [{ what: 'apiKey', of: party.name, id: grant.keyId, secret: key }],
    subjects: { participant: party.finId, apiKeyId: grant.keyId },
  };
}

export async function endKey(
  ports: ApplyActPorts,
  { participant, key_id: keyId }: ActParameters['apiKey.end'],
  context: ActContext,
): Promise<Applied> {
  const ring = await ports.apiKeys.heldBy(participant);
  if (!ring.keys.some((key) => key.keyId === keyId)) throw invalid('key_id', 'a key of this participant');
  return {
    ...nothing,
    grants: [{ noun: 'apiKeyEnd', keyId, ring, at: context.now }],
    mails: await accessChanged(ports, participant, 'apiKeyEnded', context),
    subjects: { participant, apiKeyId: keyId },
  };
}

/** First contact: the certificate's thumbprint is compared out of band by both operators (S20). */
export async function pin(
  ports: ApplyActPorts,
  peer: ActParameters['peer.pin'],
  { actId, now }: ActContext,
): Promise<Applied> {
  const before = await ports.parties.party(peer.fin_id);
  if (before?.kind === 'participant') throw invalid('fin_id', 'another node, not a participant');
  const party: Party = {
    finId: peer.fin_id,
    finIdSchema: peer.fin_id_schema,
    kind: peer.kind,
    name: peer.name,
    country: peer.country,
    taxId: peer.tax_id,
    timeZone: peer.time_zone,
    locale: peer.locale,
    mTLS: 'optional',
    rule: 'any',
    officerConfirmation: 'always',
    payoutOperators: [],
    apiUrl: peer.api_url,
    pinnedCertificate: peer.certificate_thumbprint,
    version: (before?.version ?? 0) + 1,
  };
  const of = { finId: party.finId, enrolmentId: `pin.${actId}`, now };
  const certificate = { ...(await proveGiven(ports, peer, of)), version: party.version };
  const grants = [{ noun: 'party' as const, party }, certificate];
  return { ...nothing, grants, subjects: { peer: party.finId, thumbprint: certificate.status.thumbprint } };
}

/** Written before the act is recorded as applied: writing the same key again does nothing. */
export async function setPeerKey(
  ports: ApplyActPorts,
  parameters: ActParameters['peer.setApiKey'],
): Promise<Applied> {
  const peer = await partyHere(ports, parameters.fin_id);
  if (peer.kind === 'participant') throw invalid('fin_id', 'another node, not a participant');
  const key = await ports.decryptPeerKey(parameters.api_key_encrypted, peer.finId);
  if (createHash('sha256').update(key).digest('hex') !== parameters.api_key_sha256)
    throw invalid('api_key_encrypted', 'the key that the act names by its hash');
  await ports.peerKeys.put(peer.finId, key);
  return { ...nothing, subjects: { peer: peer.finId } };
}

function partyOf(profile: ProfileParameters, version: number): Party {
  return {
    finId: profile.fin_id,
    finIdSchema: profile.fin_id_schema,
    kind: 'participant',
    name: profile.name,
    country: profile.country,
    taxId: profile.tax_id,
    timeZone: profile.time_zone,
    locale: profile.locale,
    mTLS: profile.mtls,
    rule: profile.rule,
    officerConfirmation: profile.officer_confirmation,
    payoutOperators: profile.payout_operators,
    apiUrl: null,
    pinnedCertificate: null,
    version,
  };
}

async function partyHere(ports: ApplyActPorts, finId: string): Promise<Party> {
  const party = await ports.parties.party(finId);
  if (!party) throw invalid('fin_id', 'a participant or node that is known here');
  return party;
}
