// From openapi.yaml by `npm run generate`.
import type { EnrolmentAnswerParameters } from './types.ts';

export declare const validate: {
  (value: unknown): value is EnrolmentAnswerParameters;
  errors?: null | { instancePath: string; keyword: string; params: Record<string, unknown>; message?: string }[];
};
