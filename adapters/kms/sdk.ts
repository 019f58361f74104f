// What of KMS's client our functions use, and no more: the piece of a bundle that kms.ts loads on first use.

export {
  DecryptCommand,
  EncryptCommand,
  GetPublicKeyCommand,
  KMSClient,
  SignCommand,
} from '@aws-sdk/client-kms';
