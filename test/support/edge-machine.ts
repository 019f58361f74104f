// What the edge's tests need of the machine. They fail, and do not skip, where it is missing.

import { prerequisites } from '../../local/prerequisites.ts';
import { pkcs11, softHsmModule } from './soft-hsm.ts';

/** The module's path. @throws Error naming each missing package and how to get it */
export function requireEdgeMachine(): string {
  const missing = prerequisites.filter(
    ({ name, present }) => ['softhsm2', 'haproxy', 'pkcs11-provider'].includes(name) && !present(),
  );
  if (missing.length > 0) {
    const list = missing.map(({ name, purpose }) => `${name} (${purpose})`).join(', ');
    throw new Error(`Missing: ${list}. Run: npm run pretest`);
  }
  if (!pkcs11) throw new Error('Missing: pkcs11js. Run: npm run pretest');
  if (!softHsmModule) throw new Error('Missing: the module of softhsm2. Run: npm run pretest');
  return softHsmModule;
}
