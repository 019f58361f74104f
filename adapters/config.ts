// What was this function told about its node? Environment variables, read once, when the handler wires itself.
// A name that is missing stops the start and is named; defaults stand here and nowhere else.

export type NodeRole = 'network' | 'payoutOperator';
export type NodeStage = 'local' | 'dev' | 'prod';

const text = (value: string) => value;
const positiveInteger = (value: string) => {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new TypeError('expected a positive integer');
  return Number(value);
};
const list = (value: string) => value.split(',').filter(Boolean);
const oneOf =
  <T extends string>(...allowed: readonly T[]) =>
  (value: string): T => {
    if (!allowed.includes(value as T)) throw new TypeError(`expected one of ${allowed.join(', ')}`);
    return value as T;
  };

const settings = {
  nodeRole: ['NODE_ROLE', oneOf<NodeRole>('network', 'payoutOperator')],
  nodeFinId: ['NODE_FIN_ID', text],
  nodeFinIdSchema: ['NODE_FIN_ID_SCHEMA', text],
  nodeName: ['NODE_NAME', text],
  /** Pages and mails write times in it where a participant's own is not known. */
  nodeTimeZone: ['NODE_TIME_ZONE', text, 'UTC'],
  nodeStage: ['NODE_STAGE', oneOf<NodeStage>('local', 'dev', 'prod')],
  networkFinId: ['NETWORK_FIN_ID', text],
  tableName: ['TABLE_NAME', text],
  evidenceBucket: ['EVIDENCE_BUCKET', text],
  messageBucket: ['MESSAGE_BUCKET', text],
  trustBucket: ['TRUST_BUCKET', text],
  sealKeyId: ['SEAL_KEY_ID', text],
  /** Seal keys of the past, comma-separated, whose seals still count. */
  pastSealKeyIds: ['PAST_SEAL_KEY_IDS', list, ''],
  factorKeyId: ['FACTOR_KEY_ID', text],
  messageKeyId: ['MESSAGE_KEY_ID', text],
  evidenceKeyId: ['EVIDENCE_KEY_ID', text],
  truststoreKeyId: ['TRUSTSTORE_KEY_ID', text],
  /** Evidence keys of the past, comma-separated: what they signed stays proved. */
  pastEvidenceKeyIds: ['PAST_EVIDENCE_KEY_IDS', list, ''],
  tokenKeyId: ['TOKEN_KEY_ID', text],
  secretsKeyId: ['SECRETS_KEY_ID', text],
  mailQueueUrl: ['MAIL_QUEUE_URL', text],
  deliverQueueUrl: ['DELIVER_QUEUE_URL', text],
  paymentQueueUrl: ['PAYMENT_QUEUE_URL', text],
  executionQueueUrl: ['EXECUTION_QUEUE_URL', text],
  enrolmentStateMachineArn: ['ENROLMENT_STATE_MACHINE_ARN', text],
  disableStateMachineArn: ['DISABLE_STATE_MACHINE_ARN', text],
  pagesOrigin: ['PAGES_ORIGIN', text],
  apiOrigin: ['API_ORIGIN', text],
  edgeMacSecretId: ['EDGE_MAC_SECRET_ID', text],
  mailFrom: ['MAIL_FROM', text],
  /** Publishes bounces and complaints; it tracks neither opens nor clicks. */
  mailConfigurationSet: ['MAIL_CONFIGURATION_SET', text],
  checkFactorFunction: ['CHECK_FACTOR_FUNCTION', text],
  /** Whether a person without a passkey may still set and use a password with an authenticator app. */
  passwordFallback: ['PASSWORD_FALLBACK', oneOf('allowed', 'off'), 'allowed'],
  /** After a restore from backup: no payout is taken or started until two people have read the runbook through. */
  payoutsFrozen: ['PAYOUTS_FROZEN', oneOf('no', 'yes'), 'no'],
  applyActFunction: ['APPLY_ACT_FUNCTION', text],
  notifyEnrolmentFunction: ['NOTIFY_ENROLMENT_FUNCTION', text],
  settleEnrolmentFunction: ['SETTLE_ENROLMENT_FUNCTION', text],
  followSuspensionFunction: ['FOLLOW_SUSPENSION_FUNCTION', text],
  expireCertificatesFunction: ['EXPIRE_CERTIFICATES_FUNCTION', text],
  requestCertificateFunction: ['REQUEST_CERTIFICATE_FUNCTION', text],
  /** The API of the payout operator's own core; empty at a network. */
  executorUrl: ['EXECUTOR_URL', text, ''],
  /** Whether that core promises to do nothing twice under one key. Not unless its operator says so. */
  executorIdempotent: ['EXECUTOR_IDEMPOTENT', oneOf('no', 'yes'), 'no'],
  /** Ten years, the longest general limitation period among our countries: Brazil, Código Civil art. 205. */
  evidenceRetentionDays: ['EVIDENCE_RETENTION_DAYS', positiveInteger, '3653'],
  /** 72 h. */
  confirmationTimeoutSeconds: ['CONFIRMATION_TIMEOUT_SECONDS', positiveInteger, '259200'],
} as const satisfies Record<
  string,
  readonly [string, (value: string) => unknown] | readonly [string, (value: string) => unknown, string]
>;

export type Setting = keyof typeof settings;
export type Config<S extends Setting = Setting> = { readonly [K in S]: ReturnType<(typeof settings)[K][1]> };

/** The environment variable of each setting, for the template's own tests. */
export const environmentNames: { readonly [K in Setting]: string } = Object.fromEntries(
  Object.entries(settings).map(([setting, [name]]) => [setting, name]),
) as { [K in Setting]: string };

/** @throws Error naming every variable that is missing or wrong, never its value. */
export function readConfig<S extends Setting>(
  wanted: readonly S[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Config<S> {
  const problems: string[] = [];
  const entries = wanted.map((setting) => {
    const [name, parse, fallback] = settings[setting] as readonly [
      string,
      (value: string) => unknown,
      string?,
    ];
    const value = environment[name] || fallback;
    if (value === undefined) problems.push(`"${name}" is not set`);
    try {
      return [setting, value === undefined ? undefined : parse(value)];
    } catch (error) {
      problems.push(`"${name}": ${(error as Error).message}`);
      return [setting, undefined];
    }
  });
  if (problems.length > 0) throw new Error(`configuration: ${problems.join('; ')}`);
  return Object.fromEntries(entries) as Config<S>;
}
