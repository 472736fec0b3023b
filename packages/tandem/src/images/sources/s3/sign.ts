// S3 is HTTP with a signature in each request. aws4fetch computes it; all else (ranges, retries,
// versions) is as with any other server.

import { UserError } from '../../../errors.js';
import { settings } from './settings.js';

/** The bucket and the key of an `s3://bucket/key`. */
export function bucketAndKey(place: string): { readonly bucket: string; readonly key: string } {
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)\/?(.*)$/is.exec(place) ?? [];
  if (bucket === undefined) throw new UserError(`${place}: expected s3://bucket/key`);
  return { bucket, key };
}

/**
 * Where an object is asked for: at the endpoint that is set, the bucket as the first part of the
 * path, or at Amazon's, the bucket in the name of the host unless a certificate would not fit it.
 */
export async function urlOf(place: string): Promise<string> {
  const { bucket, key } = bucketAndKey(place);
  const { endpoint, region } = await settings();
  const path = key.split('/').map(encoded).join('/');
  if (endpoint !== undefined) return `${endpoint.replace(/\/+$/, '')}/${bucket}/${path}`;
  const host = `s3.${region}.amazonaws.com`;
  return bucket.includes('.') ? `https://${host}/${bucket}/${path}` : `https://${bucket}.${host}/${path}`;
}

function encoded(part: string): string {
  return encodeURIComponent(part).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A request with its signature; as it is where there are no keys: public buckets want none. */
export async function signed(
  url: string,
  headers: Readonly<Record<string, string>>,
  method: 'GET' | 'HEAD',
): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }> {
  const { keys, region } = await settings();
  if (!keys) return { url, headers };
  const { AwsV4Signer } = await library();
  const signer = new AwsV4Signer({ url, method, headers, service: 's3', region, ...keys });
  const request = await signer.sign();
  return { url: request.url.href, headers: Object.fromEntries(request.headers) };
}

async function library(): Promise<typeof import('aws4fetch')> {
  return import('aws4fetch').catch((error) => {
    throw new UserError('s3:// is read with aws4fetch, which is not installed: npm install aws4fetch', {
      cause: error,
    });
  });
}
