// What of S3's client our functions use, and no more: the piece of a bundle that s3.ts loads on first use.

export {
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
