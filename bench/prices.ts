// What does AWS charge? List prices of us-east-1, on demand, November 2025, in dollars for one of each: every counted
// figure in dollars uses these. Free tiers, discounts, storage and data transfer are not here.

export const price = {
  readUnit: 0.125e-6,
  writeUnit: 0.625e-6,
  transition: 25e-6,
  invocation: 0.2e-6,
  /** Of a function, per GB of its memory: x86; arm64. */
  gigabyteSecond: 16.6667e-6,
  gigabyteSecondArm: 13.3334e-6,
  restCall: 3.5e-6,
  /** A signature of RSA 2048, a MAC, a data key; one of an elliptic curve costs more. */
  kmsCall: 3e-6,
  kmsCurveSignature: 15e-6,
  queueCall: 0.4e-6,
  objectPut: 5e-6,
  objectGet: 0.4e-6,
  secretCall: 5e-6,
  /** CloudWatch Logs, taken in. */
  logByte: 0.5e-9,
} as const;
