// Can this machine run the edge? If not, everything else runs all the same, and it says so.

import { prerequisites } from '../prerequisites.ts';
import type { LocalEdgeParts, RunningEdge } from './edge.ts';

const needed = ['softhsm2', 'haproxy', 'pkcs11-provider'];

/** Never rejects: the reason, in one sentence. */
export async function tryEdge(parts: LocalEdgeParts): Promise<RunningEdge | { readonly missing: string }> {
  const missing = prerequisites.filter(({ name, present }) => needed.includes(name) && !present());
  if (missing.length > 0) {
    const list = missing.map(({ name, purpose }) => `${name} (${purpose})`).join(', ');
    return { missing: `Missing: ${list}. Run: npm run pretest.` };
  }
  try {
    return await (await import('./edge.ts')).startLocalEdge(parts);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Optional and compiled at npm ci, which says nothing where that fails.
    if (code === 'ERR_MODULE_NOT_FOUND' && message.includes('pkcs11js'))
      return {
        missing: 'pkcs11js could not be compiled by npm ci; "npm run pretest" builds it or says why not.',
      };
    return { missing: `It does not start: ${message}.` };
  }
}
