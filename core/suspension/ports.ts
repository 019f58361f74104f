// What does suspending need from a store? The flag by participant, all that stand, and one conditional write. The first
// write of a flag is the disable's transaction (core/disable/ports.ts), so that every way to suspend is one.

import type { Effects, Recorded } from '../people/ports.ts';
import type { Suspension } from './suspension.ts';

export interface Suspensions {
  find(participant: string): Promise<Suspension | undefined>;
  /** All that stand at this node, the newest first. */
  standing(): Promise<readonly Suspension[]>;
  /** Only where the stored version is one less. */
  record(suspension: Suspension, effects: Effects): Promise<Recorded>;
}
