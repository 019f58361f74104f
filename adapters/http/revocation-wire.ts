// How does the sweep reach a source? Through the egress guard, each body whole in memory: its hash says whether it is
// new before anything is read of it.

import type { RevocationWire } from '../../core/sweep/ports.ts';
import type { Egress } from './egress.ts';
import { fetchCrl, fetchOcsp } from './revocation-fetch.ts';

export function revocationWire(egress: Egress): RevocationWire {
  return {
    async list(url, known, maxBytes) {
      const fetched = await fetchCrl(egress, url, { known, maxBytes });
      if (fetched.outcome === 'NOT_MODIFIED') return fetched;
      const chunks: Uint8Array[] = [];
      for await (const chunk of fetched.body) chunks.push(chunk);
      return { outcome: 'FETCHED', bytes: Buffer.concat(chunks), ...fetched.validators };
    },
    ocsp: (url, request) => fetchOcsp(egress, url, request),
  };
}
