// From openapi.yaml by `npm run generate`.
import type { NodeMessage } from './types.ts';

export declare const validate: {
  (value: unknown): value is NodeMessage;
  errors?: null | { instancePath: string; keyword: string; params: Record<string, unknown>; message?: string }[];
};
