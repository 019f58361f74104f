// From openapi.yaml by `npm run generate`.
import type { EnrolMessage } from './types.ts';

export declare const validate: {
  (value: unknown): value is EnrolMessage;
  errors?: null | { instancePath: string; keyword: string; params: Record<string, unknown>; message?: string }[];
};
