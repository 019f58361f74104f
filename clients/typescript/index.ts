// The published client of participants. No dependency; Node 20 or later.

export * from './client.ts';
export * from './enrolment.ts';
export type * as Wire from './generated/types.ts';
export * from './signature.ts';
export { NodeError, type NodeErrorDetail, type TransportOptions } from './transport.ts';
export * from './webhook.ts';
