// C2: using a certificate that this process proved before, and one that it meets for the first time: the stored chain
// loaded from memory and proved again. Both against one verification by a key at hand.

import { constants, createPublicKey, sign, verify } from 'node:crypto';
import { ProvedPaths, type UseOfCertificate, useCertificate } from '../core/certificate/usable.ts';
import type { CertificateStatus } from '../core/enrolment/enrolment.ts';
import { debtor, payoutWorld } from '../test/support/payouts.ts';
import { type Figure, isBelievable, type Paired, paired, print } from './figure.ts';

export async function provedCertificateFigures(): Promise<readonly Figure[]> {
  const { ports, leaf, clock } = await payoutWorld();
  const { status, anchorVersion } = await ports.facts(leaf.thumbprint, debtor);
  const now = clock.now();
  const asked: UseOfCertificate = {
    now,
    use: 'signing',
    status,
    anchorVersion,
    prove: (known: CertificateStatus) => ports.prove(known, now),
  };
  const proved = new ProvedPaths();
  const warm = async () => void (await useCertificate(proved, asked));
  const cold = async () => void (await useCertificate(new ProvedPaths(), asked));
  const once = oneVerification(leaf.key);
  return [
    figure('a certificate proved before', await paired(warm, once), 0.01),
    figure('a certificate met for the first time: loaded, proved again', await paired(cold, once), 3),
  ];
}

function oneVerification(key: Parameters<typeof createPublicKey>[0]): () => void {
  const body = Buffer.alloc(1000, 'a');
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const signature = sign('sha256', body, { key: key as never, ...pss });
  const publicKey = createPublicKey(key);
  return () => {
    if (!verify('sha256', body, { key: publicKey, ...pss }, signature)) throw new Error('does not verify');
  };
}

function figure(what: string, measured: Paired, aim: number): Figure {
  const { ratio: value, control } = measured;
  const holds = value <= aim && isBelievable(measured);
  return { id: 'C2', what, value, reference: 'one PS256 verification', aim, holds, unit: 'ratio', control };
}

if (import.meta.main) print(await provedCertificateFigures());
