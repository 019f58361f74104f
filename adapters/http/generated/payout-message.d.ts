// From openapi.yaml by `npm run generate`.
import type { PayoutMessage } from './types.ts';

export declare const validate: {
  (value: unknown): value is PayoutMessage;
  errors?: null | { instancePath: string; keyword: string; params: Record<string, unknown>; message?: string }[];
};
