import { NoAnswer, type Receiving } from '../http/receive.js';
import type { Remote } from '../http/remote.js';
import { request } from '../http/request.js';
import { bucketAndKey, signed, urlOf } from './sign.js';

/**
 * The objects of a bucket whose keys begin as `place` does, in the order of their keys
 * (ListObjectsV2).
 *
 * @throws NoAnswer where they cannot be listed
 */
export async function* listed(place: string, { signal, patient }: Receiving): AsyncGenerator<Remote> {
  const { bucket, key: prefix } = bucketAndKey(place);
  for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
    const query = new URLSearchParams({
      'list-type': '2',
      prefix,
      ...(token !== undefined && { 'continuation-token': token }),
    });
    // Spaces are %20 in what is signed, and not the + of forms.
    const url = `${await urlOf(`s3://${bucket}/`)}?${query.toString().replaceAll('+', '%20')}`;
    const page = await request((headers, method) => signed(url, headers, method), undefined, signal, patient);
    const xml = Buffer.from(page.bytes).toString('utf8');
    if (!/<ListBucketResult/.test(xml)) throw new NoAnswer(`s3://${bucket} cannot be listed`);
    for (const [, entry = ''] of xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
      const key = textIn(entry, 'Key') ?? '';
      yield {
        place: `s3://${bucket}/${key}`,
        size: Number(textIn(entry, 'Size')),
        version: textIn(entry, 'ETag') ?? '',
      };
    }
    token = /<IsTruncated>true</.test(xml) ? textIn(xml, 'NextContinuationToken') : undefined;
  }
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The text of an element; S3's answers have no attributes, comments or sections in them. */
function textIn(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`)
    .exec(xml)?.[1]
    ?.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (all, code: string) => {
      if (!code.startsWith('#')) return entities[code] ?? all;
      return String.fromCodePoint(/^#x/i.test(code) ? Number.parseInt(code.slice(2), 16) : Number(code.slice(1)));
    });
}
