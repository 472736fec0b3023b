import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';

/** What clients saw. */
export interface Seen {
  /** Good pictures that were answered. */
  readonly images: number;
  readonly seconds: number;
  /** Of each good picture's answer, in seconds. */
  readonly latencies: readonly number[];
  /** Malformed requests that were refused, or cut off. */
  readonly refused: number;
  /** What should not have been, a line a kind, with how often. */
  readonly failures: Readonly<Record<string, number>>;
}

/** One of so many requests is malformed. */
const everyMalformed = 10;

/** Many clients that each ask again as soon as they are answered, for a time. */
export async function load(
  url: string,
  pictures: readonly Buffer[],
  { clients, seconds }: { readonly clients: number; readonly seconds: number },
): Promise<Seen> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const latencies: number[] = [];
  const failures: Record<string, number> = {};
  let refused = 0;
  let count = 0;
  const begun = performance.now();
  const end = begun + 1000 * seconds;
  const fail = (what: string) => {
    failures[what] = (failures[what] ?? 0) + 1;
  };
  const client = async () => {
    while (performance.now() < end) {
      const n = count++;
      if (n % everyMalformed === 0) {
        const status = await malformed(url, agent, pictures, n / everyMalformed);
        if (status === undefined || (status >= 400 && status < 500)) refused += 1;
        else fail(`a malformed request was answered ${status}`);
        continue;
      }
      const at = performance.now();
      const { status, body } = await post(url, agent, pictures[n % pictures.length] as Buffer, 'image/jpeg');
      if (status !== 200) fail(`a picture was answered ${status}`);
      else if (!body.startsWith('{"vector":[')) fail('a picture was answered by no vector');
      else latencies.push((performance.now() - at) / 1000);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return { images: latencies.length, seconds: (performance.now() - begun) / 1000, latencies, refused, failures };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** @returns status 0 where the connection broke, or nothing came in a minute */
export function post(url: string, agent: Agent | undefined, body: Buffer, type: string): Promise<Answer> {
  return new Promise((resolve) => {
    const headers = { 'content-type': type, 'content-length': body.length };
    const sent = request(`${url}/embed`, { method: 'POST', agent, headers, timeout: 60_000 }, async (response) =>
      resolve({ status: response.statusCode ?? 0, body: await textOf(response) }),
    );
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve({ status: 0, body: '' }));
    sent.end(body);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  try {
    for await (const part of response) parts.push(part);
  } catch {}
  return Buffer.concat(parts).toString();
}

/** @returns its status; undefined where there is none to expect */
async function malformed(
  url: string,
  agent: Agent,
  pictures: readonly Buffer[],
  n: number,
): Promise<number | undefined> {
  const picture = pictures[n % pictures.length] as Buffer;
  const kinds: readonly (() => Promise<number | undefined>)[] = [
    async () => (await post(url, agent, picture.subarray(0, picture.length / 2), 'image/jpeg')).status,
    async () => (await post(url, agent, Buffer.from('no picture'), 'image/jpeg')).status,
    async () => (await post(url, agent, Buffer.from('<svg><image href="/etc/passwd"/></svg>'), 'image/svg+xml')).status,
    async () => (await post(url, agent, bomb, 'image/png')).status,
    () => cutOff(url, picture),
  ];
  return (kinds[n % kinds.length] as (typeof kinds)[number])();
}

/** A PNG whose header promises 60,000 x 60,000 pixels. */
const bomb = Buffer.concat([
  Buffer.from('89504e470d0a1a0a0000000d494844520000ea600000ea600802000000', 'hex'),
  Buffer.alloc(64),
]);

/** A client that goes away in the middle of its picture. */
function cutOff(url: string, picture: Buffer): Promise<undefined> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        `POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`,
      );
      socket.write(picture.subarray(0, 500), () => socket.destroy());
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(undefined));
  });
}
