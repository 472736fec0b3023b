import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where S3 is, and who asks. */
export interface S3Settings {
  /** Of a server that is not Amazon's. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** Undefined where there are none: only public buckets can be read then. */
  readonly keys:
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string | undefined }
    | undefined;
}

/**
 * What Amazon's own tools would use: the environment first (`AWS_ACCESS_KEY_ID`,
 * `AWS_ENDPOINT_URL_S3`, ...), then the profile `AWS_PROFILE` of `~/.aws/credentials` and
 * `~/.aws/config`.
 */
export async function settings(env: NodeJS.ProcessEnv = process.env): Promise<S3Settings> {
  const own = await profile(env);
  const endpoint = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || own.endpoint_url;
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || own.region || 'us-east-1';
  const accessKeyId = env.AWS_ACCESS_KEY_ID || own.aws_access_key_id;
  const secretAccessKey = env.AWS_SECRET_ACCESS_KEY || own.aws_secret_access_key;
  const sessionToken = env.AWS_ACCESS_KEY_ID ? env.AWS_SESSION_TOKEN : own.aws_session_token;
  const keys = accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey, sessionToken } : undefined;
  return { endpoint: endpoint || undefined, region, keys };
}

async function profile(env: NodeJS.ProcessEnv): Promise<Readonly<Record<string, string>>> {
  const name = env.AWS_PROFILE || 'default';
  const folder = join(homedir(), '.aws');
  const config = await section(env.AWS_CONFIG_FILE || join(folder, 'config'), [name, `profile ${name}`]);
  const credentials = await section(env.AWS_SHARED_CREDENTIALS_FILE || join(folder, 'credentials'), [name]);
  return { ...config, ...credentials };
}

/** The lines `key = value` below one of these headings. */
async function section(file: string, headings: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const found: Record<string, string> = {};
  let isWanted = false;
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[(.+?)\]/.exec(line)?.[1]?.trim().replace(/\s+/g, ' ');
    if (heading !== undefined) isWanted = headings.includes(heading);
    const [, key, value] = /^(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (isWanted && key !== undefined && value !== undefined) found[key.toLowerCase()] = value;
  }
  return found;
}
