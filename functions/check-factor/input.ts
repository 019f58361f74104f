// What may check-factor be asked? To prove a factor, to ask a passkey, or to read a new one; anything else is a fault
// of the caller.

import type { Statement } from '../../core/people/statement.ts';
import { type CheckFactorInput, type CheckFactorPorts, checkFactor, signed } from './check-factor.ts';
import { askNewPasskey, askPasskey, registerPasskey } from './passkeys.ts';

export type FactorQuestion =
  | (CheckFactorInput & { readonly ask?: undefined })
  | { readonly ask: 'passkey'; readonly personId?: string; readonly statement: Statement }
  | { readonly ask: 'newPasskey'; readonly personId: string; readonly statement: Statement }
  | ({ readonly ask: 'register' } & Parameters<typeof registerPasskey>[1]);

export function answerTo(ports: CheckFactorPorts, event: FactorQuestion): Promise<unknown> {
  const withSign = { ...ports, sign: (bytes: Uint8Array) => signed(ports, bytes) };
  switch (event.ask) {
    case undefined:
      return checkFactor(ports, event);
    case 'passkey':
      return askPasskey(withSign, event);
    case 'newPasskey':
      return askNewPasskey(withSign, event);
    case 'register':
      return registerPasskey(withSign, event);
    default:
      throw new TypeError('expected "passkey", "newPasskey" or "register"');
  }
}
