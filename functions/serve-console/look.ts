// What does a page of the console get? One request of somebody who is signed in, and what waits for them.

import type { PageRequest } from '../../adapters/http/page-request.ts';
import type { ReadingSession } from '../../core/people/session.ts';
import type { ConsoleFrame } from '../../pages/console/frame.tsx';
import type { ConsolePorts } from './console-ports.ts';
import type { WaitingDecision } from './participants.ts';

export interface Look {
  readonly ports: ConsolePorts;
  readonly request: PageRequest;
  readonly session: ReadingSession;
  readonly frame: ConsoleFrame;
  readonly waiting: readonly WaitingDecision[];
}
