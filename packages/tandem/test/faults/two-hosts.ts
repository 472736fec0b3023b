// Runs a command in two processes on each of two hosts: `node two-hosts.js env COMMAND...`, or
// `torchrun COMMAND...`, which begins the processes of each host again when they fail. The hosts
// are network namespaces with names of their own, joined by a cable (veth). For root, on Linux.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

const [how = 'env', ...command] = process.argv.slice(2);
const each = 2;
const port = 29_500;
const hosts = [1, 2].map((n) => ({
  namespace: `tandem-${process.pid}-${n}`,
  cable: `td${process.pid}-${n}`,
  address: `10.77.7.${n}`,
  name: `host${n}`,
}));
const [first, second] = hosts as [(typeof hosts)[0], (typeof hosts)[0]];
const ip = (...words: string[]) => execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'inherit'] });

function connect(): void {
  for (const { namespace } of hosts) ip('netns', 'add', namespace);
  ip('link', 'add', first.cable, 'type', 'veth', 'peer', 'name', second.cable);
  for (const { namespace, cable, address } of hosts) {
    ip('link', 'set', cable, 'netns', namespace);
    ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', cable);
    for (const device of [cable, 'lo']) ip('-n', namespace, 'link', 'set', device, 'up');
  }
}

function begin(host: (typeof hosts)[0], words: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const named = ['sh', '-c', 'hostname "$0" && exec "$@"', host.name, ...words];
  return spawn('nsenter', [`--net=/run/netns/${host.namespace}`, 'unshare', '--uts', ...named], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

function byEnvironment(): ChildProcess[] {
  return hosts.flatMap((host, h) =>
    Array.from({ length: each }, (_, i) =>
      begin(host, command, {
        ...{ RANK: `${each * h + i}`, LOCAL_RANK: `${i}`, WORLD_SIZE: `${each * hosts.length}` },
        ...{ MASTER_ADDR: first.address, MASTER_PORT: `${port}` },
      }),
    ),
  );
}

/** One agent a host. */
function byTorchrun(): ChildProcess[] {
  const words = ['--no_python', '--nnodes', `${hosts.length}`, '--nproc_per_node', `${each}`, '--max_restarts', '5'];
  const meeting = ['--master_addr', first.address, '--master_port', `${port}`];
  return hosts.map((host, h) => begin(host, ['torchrun', ...words, '--node_rank', `${h}`, ...meeting, ...command]));
}

try {
  connect();
  const children = how === 'torchrun' ? byTorchrun() : byEnvironment();
  const codes = await Promise.all(children.map(async (child) => ((await once(child, 'close'))[0] as number) ?? 137));
  // Of the others, where one was killed.
  process.exitCode = codes.find((code) => code !== 0 && code !== 137) ?? Math.max(...codes);
} finally {
  for (const { namespace } of hosts) ip('netns', 'delete', namespace);
}
