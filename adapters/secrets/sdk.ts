// What we use of the Secrets Manager's client, in one chunk that is loaded on first use.

export {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
