import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { manualSeed } from 'tandem-torch';
import { buildEncoder, exportEncoder, saveEncoder } from 'tandem-vision';
import { digits } from '../../harness/print.js';
import { summarise } from '../../harness/statistics.js';
import type { Suite } from '../../harness/suite.js';
import { load, type Seen } from './clients.js';

const cli = fileURLToPath(new URL('../../../../packages/tandem/dist/src/cli/main.js', import.meta.url));
const peer = fileURLToPath(new URL('../../../peers/serve.py', import.meta.url));
const architecture = { backbone: 'resnet18', width: 64, stem: 'standard', channels: 3 } as const;
const size = 96;
const clients = 50;

/** `tandem serve` beside FastAPI with ONNX Runtime, of the same exported folder. */
export const serve: Suite = {
  what: 'tandem serve under 50 clients, malformed ones among them, beside FastAPI with ONNX Runtime',
  async run({ short, settings, say }) {
    const root = mkdtempSync(join(tmpdir(), 'tandem-bench-'));
    const seconds = short ? 5 : 300 / settings.rounds;
    const rounds = short ? 1 : settings.rounds;
    try {
      say('exporting a ResNet-18, and making pictures');
      const folder = await exported(root);
      const pictures = await makePictures(32);
      const python = findServer();
      if (python === undefined) {
        say(
          'no peer: no python3 here holds fastapi, uvicorn, onnxruntime, Pillow and NumPy (TANDEM_SERVE_PYTHON names another)',
        );
      }
      const cores = cpus().length;
      const theirs = (workers: number) => async () => {
        const port = await freePort();
        const args = [peer, folder, `${port}`, `${workers}`, `${Math.max(1, Math.floor(cores / workers))}`];
        return spawned(python as string, args, port);
      };
      const sides: Readonly<Record<string, () => Promise<Server>>> = {
        'tandem serve': async () => {
          const port = await freePort();
          return spawned(process.execPath, [cli, 'serve', folder, '--port', `${port}`], port);
        },
        ...(python !== undefined && {
          'FastAPI, 1 process': theirs(1),
          [`FastAPI, ${cores} processes`]: theirs(cores),
        }),
      };
      const found = new Map<string, Seen[]>(Object.keys(sides).map((name) => [name, []]));
      for (let round = 0; round < rounds; round++) {
        for (const [name, start] of Object.entries(sides)) {
          say(`${name}, ${seconds} s`);
          const server = await start();
          try {
            await load(server.url, pictures, { clients, seconds: short ? 1 : 5 }); // warms it up
            found.get(name)?.push(await load(server.url, pictures, { clients, seconds }));
          } finally {
            await server.stop();
          }
        }
      }
      return outcome(found);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
};

function outcome(found: ReadonlyMap<string, readonly Seen[]>): Awaited<ReturnType<Suite['run']>> {
  const all = [...found].map(([name, seen]) => {
    const latencies = seen.flatMap(({ latencies: own }) => own).sort((a, b) => a - b);
    const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))];
    const failures = seen.flatMap(({ failures: own }) => Object.entries(own));
    const rate = summarise(seen.map(({ images, seconds }) => images / seconds));
    const refused = seen.reduce((sum, { refused: own }) => sum + own, 0);
    return { name, rate, p50: at(0.5) ?? Number.NaN, p99: at(0.99) ?? Number.NaN, refused, failures };
  });
  const [ours, ...others] = all as [(typeof all)[number], ...typeof all];
  const best = others.toSorted((a, b) => b.rate.median - a.rate.median)[0];
  const ms = (seconds: number) => digits(1000 * seconds);
  return {
    tables: [
      {
        title: `${clients} clients, JPEG of 320x240, ResNet-18 at ${size} pixels, one of ten requests malformed`,
        head: ['server', 'images/s', 'p50 ms', 'p99 ms', 'malformed, refused', 'failures'],
        rows: all.map(({ name, rate, p50, p99, refused, failures }) => [
          ...[name, digits(rate.median), ms(p50), ms(p99), `${refused}`],
          failures.map(([what, count]) => `${count} x ${what}`).join('; ') || '0',
        ]),
      },
    ],
    goals: [
      { name: 'failures of tandem serve', measured: ours.failures.length, atMost: 0 },
      ...(best
        ? [{ name: `images/s, of ${best.name}'s`, measured: ours.rate.median / best.rate.median, atLeast: 1.5 }]
        : []),
    ],
    results: { clients, size, architecture, servers: all },
  };
}

async function exported(root: string): Promise<string> {
  manualSeed(0);
  const encoder = buildEncoder(architecture);
  const file = join(root, 'encoder.safetensors');
  const [mean, std] = [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ];
  saveEncoder(file, encoder, { architecture, size, mean, std });
  encoder.dispose();
  const out = join(root, 'exported');
  await exportEncoder({ encoder: file, out, quantized: false });
  return out;
}

/** Soft patches of colour with some grain, as photographs are to a decoder. */
function makePictures(count: number): Promise<Buffer[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const data = Uint8Array.from(
        { length: 40 * 30 * 3 },
        (_, i) => (Math.imul(i + 1, 2654435761 + n * 97) >>> 13) & 255,
      );
      return sharp(data, { raw: { width: 40, height: 30, channels: 3 } })
        .resize(320, 240, { kernel: 'cubic' })
        .jpeg({ quality: 90 })
        .toBuffer();
    }),
  );
}

interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

/** Waits until it answers. */
async function spawned(command: string, args: readonly string[], port: number): Promise<Server> {
  const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
    const isUp = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) break;
    await setTimeout(100);
  }
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function findServer(): string | undefined {
  const modules = ['fastapi', 'uvicorn', 'onnxruntime', 'PIL', 'numpy'];
  const script = `import importlib.util as u, sys; sys.exit(not all(map(u.find_spec, ${JSON.stringify(modules)})))`;
  const all = [process.env.TANDEM_SERVE_PYTHON, 'python3'].filter((python) => python !== undefined);
  return all.find((python) => spawnSync(python, ['-c', script], { cwd: '/' }).status === 0);
}
