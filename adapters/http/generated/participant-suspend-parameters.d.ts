// From openapi.yaml by `npm run generate`.
import type { ParticipantSuspendParameters } from './types.ts';

export declare const validate: {
  (value: unknown): value is ParticipantSuspendParameters;
  errors?: null | { instancePath: string; keyword: string; params: Record<string, unknown>; message?: string }[];
};
