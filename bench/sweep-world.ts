// A PSC with forty lists behind a real socket, and a table in which as many certificates as asked for depend on them. Of
// most only the rows of the index exist: a sweep that looked at a chain that no list names would find none, and fail.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { BatchWriteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { toItem } from '../adapters/dynamodb/attributes.ts';
import { certificateItem } from '../adapters/dynamodb/certificate-items.ts';
import { chainItem } from '../adapters/dynamodb/enrolment-items.ts';
import { watchWrites } from '../adapters/dynamodb/swept-sources.ts';
import type { StoredItem, Table } from '../adapters/dynamodb/table.ts';
import { memoryLog } from '../adapters/memory/log.ts';
import { memorySealer } from '../adapters/memory/sealer.ts';
import { parseCertificate } from '../core/certificate/parse.ts';
import type { IssuedPath } from '../core/certificate/revocation/path-sources.ts';
import { keyThumbprintOf, type Thumbprint, thumbprintOf } from '../core/certificate/thumbprint.ts';
import { revocationPolicy } from '../core/policy.ts';
import { watchOf } from '../core/sweep/watch.ts';
import { closeServer, listen } from '../local/loopback.ts';
import {
  type Authority,
  type Issued,
  makeAuthority,
  someHolder,
  spkiOf,
  testKey,
} from '../test/support/certificates.ts';
import { crlNumber, revocationList } from '../test/support/revocation-lists.ts';

export const roots = 2;
export const issuing = 38;
/** One PSC is larger than the others together: its rows do not fit in memory at once. */
const shareOfFirst = 0.6;
const entriesPerList = 1_000;

export interface World {
  readonly anchors: readonly Authority[];
  /** Real ones, active in the table, that lists can revoke. */
  readonly leafs: readonly Issued[];
  readonly rows: number;
  readonly traffic: Traffic;
  /** Every list anew, with these revoked. */
  publish(now: Date, revoked?: readonly Issued[]): void;
  stop(): Promise<void>;
}

export interface Traffic {
  requests: number;
  conditional: number;
  bodies: number;
}

interface List {
  readonly by: Authority;
  der: Uint8Array;
  etag: string;
}

export async function makeWorld(
  table: { readonly name: string; readonly client: DynamoDBClient } & Table,
  certificates: number,
  now: Date,
): Promise<World> {
  const traffic: Traffic = { requests: 0, conditional: 0, bodies: 0 };
  const lists: List[] = [];
  const server = createServer((request, response) => {
    const list = lists[Number(request.url!.slice(1))]!;
    const known = request.headers['if-none-match'];
    traffic.requests++;
    if (known !== undefined) traffic.conditional++;
    response.setHeader('etag', list.etag);
    if (known === list.etag) return void response.writeHead(304).end();
    traffic.bodies++;
    response.writeHead(200, { 'content-length': list.der.length }).end(list.der);
  });
  const origin = await listen(server);
  const url = (n: number) => `${origin}/${n}`;
  const anchors = Array.from({ length: roots }, (_, n) =>
    makeAuthority({ name: `Sweep root ${n}`, key: 'ec-p256' }),
  );
  const issuers = Array.from({ length: issuing }, (_, n) => {
    const at = n % roots;
    return anchors[at]!.issueCa({ name: `Sweep issuer ${n}`, key: 'ec-p256', crlUrls: [url(at)] });
  });
  for (const by of [...anchors, ...issuers]) lists.push({ by, der: new Uint8Array(), etag: '' });
  const seed = new Seed(table, now);
  const leafs: Issued[] = [];
  for (const [n, issuer] of issuers.entries()) {
    const share = n === 0 ? shareOfFirst : (1 - shareOfFirst) / (issuing - 1);
    leafs.push(...(await seed.issue(issuer, url(roots + n), Math.round(certificates * share))));
  }
  await seed.flush();
  return {
    anchors,
    leafs,
    rows: seed.rows,
    traffic,
    publish(at, revoked = []) {
      for (const list of lists) {
        list.der = listOf(list.by, at, revoked);
        list.etag = `"${at.getTime()}"`;
      }
    },
    stop: () => closeServer(server),
  };
}

function listOf(by: Authority, thisUpdate: Date, revoked: readonly Issued[]): Uint8Array {
  const mine = revoked
    .filter(({ chain }) => chain[1] === by.der)
    .map(({ der }) => parseCertificate(der).serialNumber);
  const others = Array.from({ length: entriesPerList }, (_, n) =>
    Buffer.from((0x50000000 + n).toString(16), 'hex'),
  );
  return revocationList({
    issuer: parseCertificate(by.der).subject.der,
    key: by.key,
    thisUpdate,
    nextUpdate: new Date(thisUpdate.getTime() + 24 * 3_600_000),
    entries: [...others, ...mine].map((serial) => ({ serial, revoked: thisUpdate, reason: 1 })),
    extensions: [crlNumber(Math.floor(thisUpdate.getTime() / 1000))],
  });
}

/** Items in batches of 25, as DynamoDB takes them. */
class Seed {
  readonly table: { readonly name: string; readonly client: DynamoDBClient } & Table;
  readonly now: Date;
  readonly sealer = memorySealer(memoryLog());
  readonly key = testKey('ec-p256', 'sweep leaf');
  rows = 0;
  #batch: StoredItem[] = [];
  #sending: Promise<unknown>[] = [];

  constructor(table: Seed['table'], now: Date) {
    this.table = table;
    this.now = now;
  }

  async issue(issuer: Authority, url: string, count: number): Promise<Issued[]> {
    const spki = spkiOf(this.key);
    const real = Math.min(count, revocationPolicy.representatives);
    const leafs = Array.from({ length: real }, () =>
      issuer.issue({ holder: someHolder, spki, crlUrls: [url] }),
    );
    for (const leaf of leafs) await this.real(leaf, issuer);
    const [row] = leafs;
    if (!row) return [];
    const watch = watchOf(pathBelow(issuer, row));
    for (let n = real; n < count; n++) {
      // Behind the real ones in the order of the index.
      const thumbprint = `z${randomBytes(32).toString('base64url').slice(1)}` as Thumbprint;
      const serial = randomBytes(16).toString('hex');
      for (const write of watchWrites(
        { ...watch, serial },
        { thumbprint, participant: participantOf(n) },
        this.now,
      )) {
        if ('put' in write && write.put.sk.startsWith('CERT#')) await this.put(write.put);
      }
    }
    this.rows += count;
    return leafs;
  }

  /** Active, as a node's own certificate is: without an enrolment. */
  async real(leaf: Issued, issuer: Authority): Promise<void> {
    const path = [leaf.der, issuer.der];
    const { spki, notAfter } = parseCertificate(leaf.der);
    const participant = participantOf(this.rows);
    const status = {
      thumbprint: leaf.thumbprint,
      keyThumbprint: keyThumbprintOf(Buffer.concat([spki, Buffer.from(leaf.thumbprint)])),
      participant,
      enrolmentId: `pin.${leaf.serialNumber}`,
      use: 'signing',
      networkStatus: 'active',
      validity: 'valid',
      notAfter,
      acceptingOperators: [],
      sources: [],
      anchor: thumbprintOf(issuer.chain.at(-1)!),
      activatedAt: this.now,
    } as const;
    const { item } = await certificateItem(status, this.sealer, 1, ['bench']);
    await this.put(item);
    await this.put(chainItem(leaf.thumbprint, path));
    const watch = watchOf(pathBelow(issuer, leaf));
    await this.table.transact(watchWrites(watch, { thumbprint: leaf.thumbprint, participant }, this.now));
  }

  async put(item: StoredItem): Promise<void> {
    this.#batch.push(item);
    if (this.#batch.length === 25) this.#send();
    if (this.#sending.length >= 16) await this.#drain();
  }

  async flush(): Promise<void> {
    this.#send();
    await this.#drain();
  }

  #send(): void {
    const batch = this.#batch.map((item) => ({ PutRequest: { Item: toItem(item) } }));
    this.#batch = [];
    if (batch.length === 0) return;
    this.#sending.push(
      this.table.client.send(new BatchWriteItemCommand({ RequestItems: { [this.table.name]: batch } })),
    );
  }

  async #drain(): Promise<void> {
    await Promise.all(this.#sending);
    this.#sending = [];
  }
}

const participantOf = (n: number) => `FINTECH_${n % 2_000}`;

function pathBelow(issuer: Authority, leaf: Issued): IssuedPath {
  const [own, ca, anchor] = [leaf.der, issuer.der, issuer.chain.at(-1)!].map(parseCertificate);
  return { path: [own!, ca!], anchor: { certificate: anchor! } };
}
