// From openapi.yaml by `npm run generate`.
import type { WithdrawMessage } from './types.ts';

export declare const validate: {
  (value: unknown): value is WithdrawMessage;
  errors?: null | { instancePath: string; keyword: string; params: Record<string, unknown>; message?: string }[];
};
