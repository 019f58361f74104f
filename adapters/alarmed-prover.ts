// Who hears that a stored chain does not prove its certificate any more? It was proved when it was
// enrolled: somebody wrote in the table, or an anchor went without the act that ends what hangs from it.

import { Refusal } from '../core/errors.ts';
import type { ChainProver } from '../core/trust.ts';
import type { Log } from './logger.ts';

export function alarmedProver(prover: ChainProver, log: Pick<Log, 'say'>): ChainProver {
  return {
    ...prover,
    async prove(status, now) {
      try {
        return await prover.prove(status, now);
      } catch (error) {
        if (error instanceof Refusal) {
          const { thumbprint, participant } = status;
          log.say('CERTIFICATE_UNPROVED', { thumbprint, participant, refusal: error.code });
        }
        throw error;
      }
    },
  };
}
