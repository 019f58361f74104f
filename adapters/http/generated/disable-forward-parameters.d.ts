// From openapi.yaml by `npm run generate`.
import type { DisableForwardParameters } from './types.ts';

export declare const validate: {
  (value: unknown): value is DisableForwardParameters;
  errors?: null | { instancePath: string; keyword: string; params: Record<string, unknown>; message?: string }[];
};
