// Every route of openapi.yaml with every lesser proof than its `x-apodera-proof` asks for: what must be refused, as
// cases that a test can send to any node. What a good request is, the contract's own examples say.

import { randomUUID } from 'node:crypto';
import { signDetached } from '../../core/message/jws.ts';
import type { LeastProof, Route } from '../../openapi/contract.ts';
import type { SigningParty } from './signer.ts';

export type ApiKeyFactor = 'own' | 'missing' | 'unknown' | 'ended' | 'foreign';
export type SignatureFactor = 'own' | 'missing' | 'overOtherBytes' | 'unlisted' | 'foreign';
export type PossessionFactor = 'own' | 'missing' | 'ofAnotherKey';

export interface Factors {
  readonly apiKey: ApiKeyFactor;
  readonly signature: SignatureFactor;
  readonly possession: PossessionFactor;
  /** Whose ids stand in path and parameters. */
  readonly subject: 'own' | 'foreign';
  /** A parameter that asks for more than the route does. */
  readonly parameter?: string;
}

export interface ProofCase {
  readonly name: string;
  readonly route: Route;
  readonly factors: Factors;
  /** Any of these is right; nothing else is. */
  readonly expected: readonly number[];
}

const full: Factors = { apiKey: 'own', signature: 'own', possession: 'own', subject: 'own' };

/** In the order of the contract. */
export function proofCases(routes: readonly Route[]): readonly ProofCase[] {
  return routes.flatMap((route) => [
    ...keyCases(route),
    ...proofCasesOf(route),
    ...conditionCases(route),
    ...idCases(route),
  ]);
}

function caseOf(route: Route, factors: Partial<Factors>, expected: readonly number[]): ProofCase {
  const less = Object.entries(factors).map(([factor, value]) => `${factor} ${value}`);
  const name = `${route.method} ${route.path} with ${less.join(', ')}`;
  return { name, route, factors: { ...full, ...factors }, expected };
}

/** A wrong API key is 403 everywhere, on the published wire too. */
function keyCases(route: Route): ProofCase[] {
  if (route['x-apodera-proof'].least === 'none') return [];
  return (['missing', 'unknown', 'ended'] as const).map((apiKey) => caseOf(route, { apiKey }, [403]));
}

function proofCasesOf(route: Route): ProofCase[] {
  const { least, refusedWith = 403 } = route['x-apodera-proof'];
  const foreignKey =
    route.method === 'POST' ? [caseOf(route, { apiKey: 'foreign' }, [refusedWith, 403])] : [];
  return [...foreignKey, ...lesser(least).map((factors) => caseOf(route, factors, [refusedWith]))];
}

/** A signature that is there must hold even where none is asked for. */
function lesser(least: LeastProof): readonly Partial<Factors>[] {
  const wrong = (['overOtherBytes', 'unlisted', 'foreign'] as const).map((signature) => ({ signature }));
  if (least === 'signature' || least === 'nodeSignature') return [{ signature: 'missing' }, ...wrong];
  if (least !== 'possession') return [];
  return [...wrong, ...(['missing', 'ofAnotherKey'] as const).map((possession) => ({ possession }))];
}

function conditionCases(route: Route): ProofCase[] {
  const conditions = route['x-apodera-proof'].when ?? [];
  return conditions
    .filter(({ otherwise }) => otherwise === undefined)
    .map(({ parameter }) => caseOf(route, { parameter, signature: 'missing' }, [403]));
}

/** Somebody else's ids are unknown or forbidden, and never different from ids that nobody has. */
function idCases(route: Route): ProofCase[] {
  return route.path.includes('{') ? [caseOf(route, { subject: 'foreign' }, [403, 404])] : [];
}

export interface ProofActor {
  readonly finId: string;
  readonly apiKey: string;
  readonly endedApiKey: string;
  /** Its active signing certificate. */
  readonly identity: SigningParty;
  /** Values of path parameters, and of members of the same names in parameters. */
  readonly ids: Readonly<Record<string, string>>;
}

export interface ProofStand {
  readonly own: ProofActor;
  readonly foreign: ProofActor;
  readonly receiver: string;
  /** A certificate that nobody enrolled. */
  readonly unlisted: SigningParty;
  /** A valid API key's form that nobody was given. */
  readonly unknownApiKey: string;
  readonly now: () => Date;
  /** Completes a good request's parameters where examples cannot: a fresh chain with its proof of possession. */
  complete?(parameters: Record<string, unknown>, factors: Factors, header: object): Promise<void>;
}

export interface ProofRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

/** The request of a case, ready to be sent. */
export async function requestOf(stand: ProofStand, { route, factors }: ProofCase): Promise<ProofRequest> {
  const ids = stand[factors.subject].ids;
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(ids[name] ?? 'unknown'),
  );
  const apiKey = apiKeyOf(stand, factors.apiKey);
  const body = route.requestBody && (await bodyOf(stand, route, factors));
  const signature = body && (await signatureOf(stand, body, factors.signature));
  return {
    method: route.method,
    path,
    body,
    headers: {
      ...(apiKey !== undefined && { 'Shinkansen-Api-Key': apiKey }),
      ...(body && { 'Content-Type': 'application/json' }),
      ...(signature && { 'Shinkansen-JWS-Signature': signature }),
    },
  };
}

function apiKeyOf(stand: ProofStand, factor: ApiKeyFactor): string | undefined {
  const keys = { own: stand.own.apiKey, foreign: stand.foreign.apiKey, ended: stand.own.endedApiKey };
  if (factor === 'missing') return undefined;
  return factor === 'unknown' ? stand.unknownApiKey : keys[factor];
}

async function bodyOf(stand: ProofStand, route: Route, factors: Factors): Promise<Uint8Array> {
  const examples = Object.values(route.requestBody!.content['application/json']!.examples ?? {});
  const chosen = examples.find(({ value }) => factors.parameter && factors.parameter in parametersOf(value));
  const message = structuredClone((chosen ?? examples[0])!.value) as { document: Record<string, unknown> };
  const header = {
    sender: { fin_id: stand.own.finId, fin_id_schema: 'SHINKANSEN' },
    receiver: { fin_id: stand.receiver, fin_id_schema: 'SHINKANSEN' },
    message_id: randomUUID(),
    creation_date: stand.now().toISOString(),
  };
  message.document.header = header;
  const parameters = parametersOf(message);
  for (const [name, value] of Object.entries(stand[factors.subject].ids)) {
    if (name in parameters) parameters[name] = value;
  }
  await stand.complete?.(parameters, factors, header);
  return Buffer.from(JSON.stringify(message));
}

function parametersOf(message: unknown): Record<string, unknown> {
  const { document } = message as { document: { parameters?: Record<string, unknown> } };
  return document.parameters ?? {};
}

async function signatureOf(
  stand: ProofStand,
  body: Uint8Array,
  factor: SignatureFactor,
): Promise<string | undefined> {
  if (factor === 'missing') return undefined;
  const signers = { own: stand.own, overOtherBytes: stand.own, foreign: stand.foreign } as const;
  const signer = factor === 'unlisted' ? stand.unlisted : signers[factor].identity;
  const bytes = factor === 'overOtherBytes' ? Buffer.concat([body, Buffer.from('\n')]) : body;
  return signDetached(bytes, signer.certificateDer, signer);
}
