// From openapi.yaml by `npm run generate`.
import type { RegisterWebhookMessage } from './types.ts';

export declare const validate: {
  (value: unknown): value is RegisterWebhookMessage;
  errors?: null | { instancePath: string; keyword: string; params: Record<string, unknown>; message?: string }[];
};
