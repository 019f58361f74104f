// From openapi.yaml by `npm run generate`.
import type { RenewApiKeyMessage } from './types.ts';

export declare const validate: {
  (value: unknown): value is RenewApiKeyMessage;
  errors?: null | { instancePath: string; keyword: string; params: Record<string, unknown>; message?: string }[];
};
