import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { distributed } from 'tandem-torch';

/** A PostgreSQL with pgvector that is these tests' own. */
export interface PostgresServer {
  readonly url: string;
  /** The rows of a question. */
  ask(sql: string): Promise<Record<string, unknown>[]>;
  /** Ends it as a loss of power would. */
  kill(): Promise<void>;
  /** Begins it again. */
  begin(): Promise<void>;
}

/** The programs; TANDEM_POSTGRES_BIN names their folder where it is none of the usual. */
function programs(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const { TANDEM_POSTGRES_BIN: named, PATH = '' } = process.env;
  const all = [named, ...versions.map((version) => join(debian, version, 'bin')), ...PATH.split(delimiter)];
  return all.find((bin) => bin && existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'postgres')));
}

/**
 * Begins a server in a folder, where PostgreSQL and pgvector are installed.
 * @returns why there is none, else
 */
export async function postgresServer(folder: string): Promise<(PostgresServer & { end(): Promise<void> }) | string> {
  const bin = programs();
  if (bin === undefined) return 'no PostgreSQL is installed: apt-get install postgresql';
  mkdirSync(folder, { recursive: true });
  // It refuses root.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  if (nobody.uid !== undefined) {
    chmodSync(join(folder, '..'), 0o711);
    chownSync(folder, nobody.uid, nobody.gid);
  }
  const data = join(folder, 'data');
  const settings = ['-D', data, '-U', 'tandem', '-A', 'trust', '-E', 'UTF8', '--locale=C'];
  const made = spawnSync(join(bin, 'initdb'), settings, { ...nobody, cwd: folder, encoding: 'utf8' });
  if (made.status !== 0) return `PostgreSQL cannot begin here: ${made.stderr || made.error?.message}`;
  const port = await distributed.freePort();
  const url = `postgres://tandem:secret@127.0.0.1:${port}/postgres`;
  let server: ChildProcess | undefined;

  const ask = async (sql: string) => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.query(sql)).rows;
    } finally {
      await client.end().catch(() => {});
    }
  };
  const begin = async () => {
    const argv = ['-D', data, '-p', `${port}`, '-k', folder, '-c', 'listen_addresses=127.0.0.1'];
    // The memory of one that was killed is in use until the last of its processes has noticed.
    for (let tries = 0; tries < 100; tries++) {
      if (server === undefined || server.exitCode !== null || server.signalCode !== null)
        server = spawn(join(bin, 'postgres'), argv, { ...nobody, cwd: folder, stdio: 'ignore' });
      const isUp = await ask('select 1').then(
        () => true,
        () => false,
      );
      if (isUp) return;
      await setTimeout(100);
    }
    throw new Error('the server does not begin');
  };
  const signal = async (which: NodeJS.Signals) => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    server.kill(which);
    await once(server, 'exit');
  };
  await begin();
  const ours = { url, ask, begin, kill: () => signal('SIGKILL'), end: () => signal('SIGINT') };
  const lacks = await ask('create extension if not exists vector').then(
    () => undefined,
    ({ message }: Error) => message,
  );
  if (lacks === undefined) return ours;
  await ours.end();
  return `PostgreSQL in ${bin} has no pgvector (${lacks}); TANDEM_POSTGRES_BIN can name another`;
}
