// From openapi.yaml by `npm run generate`.
import type { EnrolmentForwardParameters } from './types.ts';

export declare const validate: {
  (value: unknown): value is EnrolmentForwardParameters;
  errors?: null | { instancePath: string; keyword: string; params: Record<string, unknown>; message?: string }[];
};
