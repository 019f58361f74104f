// From openapi.yaml by `npm run generate`.
import type { NodeCertificateParameters } from './types.ts';

export declare const validate: {
  (value: unknown): value is NodeCertificateParameters;
  errors?: null | { instancePath: string; keyword: string; params: Record<string, unknown>; message?: string }[];
};
