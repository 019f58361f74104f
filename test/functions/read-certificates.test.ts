import { expect, test } from 'vitest';
import { certificateItem } from '../../adapters/dynamodb/certificate-items.ts';
import { certificateDetail } from '../../adapters/http/enrolment.ts';
import type { Thumbprint } from '../../core/certificate/thumbprint.ts';
import type { CertificateStatus } from '../../core/enrolment/enrolment.ts';
import { listCertificates, readCertificate } from '../../functions/read-certificates/read-certificates.ts';
import { enrolmentNode, fintech, now } from '../support/enrolment.ts';

type Node = ReturnType<typeof enrolmentNode>;
const refusal = (code: string) => expect.objectContaining({ code });
const nothing = { cursor: undefined, limit: undefined, networkStatus: undefined };

async function hold(
  node: Node,
  count: number,
  change: Partial<CertificateStatus> = {},
  owner = fintech.finId,
) {
  for (let at = 0; at < count; at++) {
    const status: CertificateStatus = {
      thumbprint: `${owner}${at}`.padEnd(43, '0') as Thumbprint,
      keyThumbprint: 'k'.repeat(43),
      participant: owner,
      enrolmentId: `E${at}`,
      use: 'signing',
      networkStatus: 'active',
      validity: 'valid',
      notAfter: new Date('2027-01-01T00:00:00Z'),
      acceptingOperators: [],
      sources: [],
      anchor: node.root.thumbprint,
      activatedAt: new Date(now.getTime() + at * 1000),
      ...change,
    };
    await node.table.write({ put: (await certificateItem(status, node.sealer, 1, [])).item });
  }
}

const parties = (suspended = false) => ({ party: async () => undefined, frozen: async () => suspended });

const list = (node: Node, query: Partial<typeof nothing> & object = {}, participant = fintech.finId) =>
  listCertificates({ ...node.ports, parties: parties() }, participant, { ...nothing, ...query });

test('a long list comes in pages, newest first, each certificate once', async () => {
  const node = enrolmentNode();
  await hold(node, 7);
  const seen: string[] = [];
  let cursor: string | undefined;
  const sizes: number[] = [];
  do {
    const page = await list(node, { limit: '3', cursor } as never);
    seen.push(...page.items.map(({ thumbprint }) => thumbprint));
    sizes.push(page.items.length);
    cursor = page.cursor;
  } while (cursor);
  expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((at) => `${fintech.finId}${at}`.padEnd(43, '0')));
  expect(sizes.slice(0, 3)).toEqual([3, 3, 1]);
});

test('a cursor of somebody else’s list, or none at all, leads nowhere', async () => {
  const node = enrolmentNode();
  await hold(node, 2);
  await hold(node, 2, {}, 'OTHER');
  const { cursor } = await list(node, { limit: '1' } as never, 'OTHER');
  const mine = { gsi1pk: `CERTIFICATES#${fintech.finId}`, gsi1sk: '2026', pk: 'CERT#x', sk: 'STATUS' };
  const none = ['', 'x'.repeat(2_000)].flatMap((sk) => [
    { ...mine, sk },
    { ...mine, gsi1sk: sk },
  ]);
  const made = [{ pk: 'CERT#x' }, ...none].map((key) =>
    Buffer.from(JSON.stringify(key)).toString('base64url'),
  );
  for (const foreign of [cursor, 'e30', '%%', ...made])
    await expect(list(node, { cursor: foreign } as never)).rejects.toThrow(refusal('CURSOR_MALFORMED'));
});

test.each(['0', '101', '-1', '1.5', 'all', ''])('a limit of "%s" is refused', async (limit) => {
  await expect(list(enrolmentNode(), { limit } as never)).rejects.toThrow(refusal('QUERY_MALFORMED'));
});

test('only those of one state are listed, and an unknown state is refused', async () => {
  const node = enrolmentNode();
  await hold(node, 2);
  await hold(node, 1, { networkStatus: 'disabled', thumbprint: 'd'.repeat(43) as Thumbprint });
  const { items } = await list(node, { networkStatus: 'disabled' } as never);
  expect(items.map(({ networkStatus }) => networkStatus)).toEqual(['disabled']);
  await expect(list(node, { networkStatus: 'gone' } as never)).rejects.toThrow(refusal('QUERY_MALFORMED'));
});

test.each([
  [2, []],
  [3, ['MORE_THAN_TWO_ACTIVE']],
])('A-052 %s active ones are warned of as %j, on the first page', async (count, warnings) => {
  const node = enrolmentNode();
  await hold(node, count);
  const first = await list(node, { limit: '1' } as never);
  expect(first.warnings).toEqual(warnings);
  expect((await list(node, { limit: '1', cursor: first.cursor } as never)).warnings).toEqual([]);
});

test.each([false, true])(
  'M8 active certificates say whether their participant is suspended: %s',
  async (suspended) => {
    const node = enrolmentNode();
    await hold(node, 1);
    const lateUses = { find: async () => undefined };
    const ports = { ...node.ports, parties: parties(suspended), lateUses };
    const listed = await listCertificates(ports, fintech.finId, nothing);
    const [item] = listed.items;
    expect(listed).toMatchObject({ suspended, items: [{ networkStatus: 'active' }] });
    const shown = certificateDetail(await readCertificate(ports, fintech.finId, item!.thumbprint));
    expect(shown).toMatchObject({ suspended, network_status: 'active' });
  },
);
