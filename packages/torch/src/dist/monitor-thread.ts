// What runs in the monitor's thread: a connection between each process and process 0, over which
// both say every half second that they are there. It goes on while the main thread computes, and
// needs neither Gloo nor the store, which both wait for a host that has fallen silent.

import { connect, createServer, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromMonitor, Member, MonitorData, ToMonitor } from './monitor.js';

const beatMilliseconds = 500;
const longestLine = 1 << 16;

/** What goes over a connection, one in a line. */
type Line =
  | {
      readonly kind: 'hello';
      readonly token: string;
      readonly rank: number;
      readonly size: number;
      readonly host: string;
    }
  | { readonly kind: 'roster'; readonly members: readonly Member[] }
  | { readonly kind: 'beat' }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'lost'; readonly text: string }
  | { readonly kind: 'bye' };

/** The other end of a connection. */
interface Peer {
  readonly socket: Socket;
  readonly rank: number;
  readonly host: string;
  heardAt: number;
  hasLeft: boolean;
}

if (!parentPort) throw new Error('this file runs in a thread that a process group begins');
const port = parentPort;
const { rank: own, size, host: ownHost, token, silenceSeconds, verdict: shared } = workerData as MonitorData;
const verdict = new Int32Array(shared, 0, 2);
const text = new Uint8Array(shared, 8);
const peers = new Map<number, Peer>();
let areTogether = false;
let isLeaving = false;

const tell = (message: FromMonitor) => port.postMessage(message);
const send = ({ socket }: Pick<Peer, 'socket'>, line: Line) => void socket.write(`${JSON.stringify(line)}\n`);

/** Another process is gone: the main thread finds it written, whatever it is doing. */
function decide(why: string): void {
  if (Atomics.load(verdict, 0) !== 0) return;
  // Before this process knows, as it may end at once: its end must not be what the others hear of.
  if (own === 0) for (const peer of peers.values()) send(peer, { kind: 'lost', text: why });
  const { written } = new TextEncoder().encodeInto(why, text);
  Atomics.store(verdict, 1, written);
  Atomics.store(verdict, 0, 1);
  Atomics.notify(verdict, 0);
  tell({ kind: 'lost', text: why });
}

const named = ({ rank, host }: Pick<Peer, 'rank' | 'host'>) => `process ${rank} of ${size} on ${host}`;

function leave(): void {
  isLeaving = true;
  if (own === 0) goodbye();
  else for (const peer of peers.values()) send(peer, { kind: 'bye' });
}

/** Process 0 leaves last: until then it may be writing what the others made with it. */
function goodbye(): void {
  if (!isLeaving || own !== 0 || [...peers.values()].some(({ hasLeft }) => !hasLeft)) return;
  for (const peer of peers.values()) send(peer, { kind: 'bye' });
  tell({ kind: 'left' });
}

function take(peer: Peer, line: Line): void {
  if (line.kind === 'failed') decide(`${named(peer)}: ${line.why}`);
  if (line.kind === 'lost') decide(line.text);
  if (line.kind === 'roster') {
    areTogether = true;
    tell({ kind: 'roster', members: line.members });
  }
  if (line.kind !== 'bye') return;
  peer.hasLeft = true;
  if (own === 0) goodbye();
  else tell({ kind: 'left' });
}

/** Reads lines from a socket; a stranger that sends none is let go. */
function listen(socket: Socket, onLine: (line: Line) => void, onData: () => void, onClose: () => void): void {
  let rest = '';
  socket.setNoDelay(true);
  socket.setEncoding('utf8');
  socket.on('data', (data: string) => {
    onData();
    const lines = (rest + data).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) socket.destroy();
    for (const line of lines) {
      try {
        onLine(JSON.parse(line) as Line);
      } catch {
        socket.destroy();
      }
    }
  });
  socket.on('error', () => {});
  socket.on('close', onClose);
}

function join(socket: Socket, rank: number, host: string): Peer {
  const peer: Peer = { socket, rank, host, heardAt: performance.now(), hasLeft: false };
  peers.set(rank, peer);
  return peer;
}

function gone(peer: Peer): void {
  if (!peer.hasLeft) decide(`${named(peer)} has ended`);
}

/** Process 0. */
function serve(): void {
  const server = createServer((socket) => {
    let peer: Peer | undefined;
    const onLine = (line: Line) => {
      if (peer) return take(peer, line);
      const isKnown =
        line.kind === 'hello' && line.token === token && line.size === size && line.rank > 0 && line.rank < size;
      if (!isKnown || peers.has(line.rank)) return void socket.destroy();
      peer = join(socket, line.rank, line.host);
      tell({ kind: 'joined', rank: line.rank });
      if (peers.size === size - 1) announce();
    };
    listen(
      socket,
      onLine,
      () => {
        if (peer) peer.heardAt = performance.now();
      },
      () => peer && gone(peer),
    );
  });
  server.on('error', ({ message }) => decide(`process 0 of ${size} on ${ownHost} cannot listen: ${message}`));
  server.listen(0, () => {
    tell({ kind: 'listening', port: (server.address() as { port: number }).port });
    if (size === 1) announce();
  });
}

/** All are there: each is told of all, and of the addresses by which they were seen. */
function announce(): void {
  const sockets = [...peers.values()].map(({ socket }) => socket);
  // By the way that others came, not by a name that may mean another address to them.
  const outside = sockets.find(({ localAddress = '' }) => !isLoopback(localAddress)) ?? sockets[0];
  const members: Member[] = [{ host: ownHost, address: plain(outside?.localAddress) }];
  for (const { rank, host, socket } of peers.values()) members[rank] = { host, address: plain(socket.remoteAddress) };
  for (const peer of peers.values()) send(peer, { kind: 'roster', members });
  tell({ kind: 'roster', members });
}

const plain = (address = '127.0.0.1') => address.replace(/^::ffff:/, '');
const isLoopback = (address: string) => /^127\.|^::1$/.test(plain(address));

/** All other processes; one that process 0 has no place for, or ends before, is to look again. */
function dial(to: { readonly host: string; readonly port: number; readonly name: string }): void {
  const socket = connect(to.port, to.host);
  let peer: Peer | undefined;
  socket.on('connect', () => {
    peer = join(socket, 0, to.name);
    send(peer, { kind: 'hello', token, rank: own, size, host: ownHost });
  });
  listen(
    socket,
    (line) => peer && take(peer, line),
    () => {
      if (peer) peer.heardAt = performance.now();
    },
    () => (peer && areTogether ? gone(peer) : tell({ kind: 'refused' })),
  );
}

let beatAt = performance.now();
setInterval(() => {
  const now = performance.now();
  // Whoever did not run itself, stopped or starved, cannot say who was silent meanwhile.
  if (now - beatAt > 4 * beatMilliseconds) for (const peer of peers.values()) peer.heardAt = now;
  beatAt = now;
  for (const peer of peers.values()) {
    if (peer.hasLeft) continue;
    send(peer, { kind: 'beat' });
    if (now - peer.heardAt > 1000 * silenceSeconds) decide(`${named(peer)} has been silent for ${silenceSeconds} s`);
  }
}, beatMilliseconds);

port.on('message', (message: ToMonitor) => {
  if (message.kind === 'dial') dial(message);
  if (message.kind === 'leave') leave();
  if (message.kind === 'fail') {
    const why = message.why.slice(0, 1000);
    if (own === 0) decide(`process 0 of ${size} on ${ownHost}: ${why}`);
    else for (const peer of peers.values()) send(peer, { kind: 'failed', why });
    // What was sent must have gone before the process ends.
    setTimeout(() => tell({ kind: 'told' }), 50);
  }
});
if (own === 0) serve();
