import { UserError } from '../../errors.js';
import {
  bestOf,
  type Collection,
  type EncoderFacts,
  type IndexedImage,
  type Match,
  type Place,
  type VectorQuery,
} from '../place.js';

/** What speaks to PostgreSQL: `pg`'s client is one, and PGlite. */
export interface Sql {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** From so many images on an approximate index is made. */
const worthAnIndex = 20_000;

/** Rows that go into one statement. */
const atATime = 500;

/**
 * Vectors in a PostgreSQL with pgvector: a table for each encoder, `tandem_` and the beginning of
 * its SHA-256, and `tandem_encoders` with what they are of.
 */
export async function postgresPlace(sql: Sql, onClose: () => Promise<void> = async () => {}): Promise<Place> {
  await prepare(sql);
  return {
    collection: (encoder, images) => openCollection(sql, encoder, images),
    async encoders() {
      const { rows } = await sql.query('select sha256, path, width from tandem_encoders order by used desc');
      return rows as EncoderFacts[];
    },
    async classes({ sha256 }) {
      const { rows } = await sql.query(`select distinct class from ${tableOf(sha256)} where class is not null`);
      return (rows as { class: string }[]).map(({ class: own }) => own).sort();
    },
    search: (encoder, query) => search(sql, encoder, query),
    close: onClose,
  };
}

async function prepare(sql: Sql): Promise<void> {
  try {
    await sql.query('create extension if not exists vector');
  } catch (error) {
    throw new UserError(
      `PostgreSQL has no pgvector here, or this user may not switch it on: ${(error as Error).message}; as an administrator: create extension vector`,
    );
  }
  await sql.query(
    'create table if not exists tandem_encoders (sha256 text primary key, path text not null, width int not null, used timestamptz not null default now())',
  );
}

const tableOf = (sha256: string) => `tandem_${sha256.slice(0, 16)}`;

async function openCollection(sql: Sql, encoder: EncoderFacts, images: string): Promise<Collection> {
  const { sha256, path, width } = encoder;
  if (width > 16_000) throw new UserError(`pgvector holds vectors of up to 16,000 numbers, the encoder gives ${width}`);
  const table = tableOf(sha256);
  const key = `hashtext('${table}')`;
  // Held by the session: one that dies gives it back.
  const { rows } = await sql.query(`select pg_try_advisory_lock(${key}) as free`);
  if (!(rows[0] as { free: boolean }).free) {
    throw new UserError(`another process is writing this encoder's vectors; wait for it`);
  }
  await sql.query(
    `create table if not exists ${table} (images text not null, file text not null, class text, state text not null, embedding vector(${width}) not null, primary key (images, file))`,
  );
  await sql.query(
    'insert into tandem_encoders (sha256, path, width) values ($1, $2, $3) on conflict (sha256) do update set path = $2, used = now()',
    [sha256, path, width],
  );
  return {
    async states() {
      const { rows: known } = await sql.query(`select file, state from ${table} where images = $1`, [images]);
      return new Map((known as { file: string; state: string }[]).map(({ file, state }) => [file, state]));
    },
    async put(some, vectors) {
      for (let from = 0; from < some.length; from += atATime) {
        const part = some.slice(from, from + atATime);
        await upsert(sql, table, images, part, vectors.subarray(from * width, (from + part.length) * width), width);
      }
    },
    async remove(files) {
      await sql.query(`delete from ${table} where images = $1 and file = any($2)`, [images, files]);
    },
    finish: () => finish(sql, table, width),
    async close() {
      await sql.query(`select pg_advisory_unlock(${key})`);
    },
  };
}

/** One statement, so that all of its images are there, or none. */
async function upsert(
  sql: Sql,
  table: string,
  images: string,
  some: readonly IndexedImage[],
  vectors: Float32Array,
  width: number,
): Promise<void> {
  const texts = some.map((_, i) => JSON.stringify(Array.from(vectors.subarray(i * width, (i + 1) * width))));
  await sql.query(
    `insert into ${table} (images, file, class, state, embedding)
     select $1, file, class, state, embedding::vector from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as t (file, class, state, embedding)
     on conflict (images, file) do update set class = excluded.class, state = excluded.state, embedding = excluded.embedding`,
    [images, some.map(({ file }) => file), some.map((one) => one.class ?? null), some.map(({ state }) => state), texts],
  );
}

/** An HNSW index of cosines, which PostgreSQL keeps up to date from then on. */
async function finish(sql: Sql, table: string, width: number): Promise<string | undefined> {
  const { rows } = await sql.query(`select count(*)::int as n from ${table}`);
  if ((rows[0] as { n: number }).n < worthAnIndex) return undefined;
  if (width > 2000) return 'search compares all vectors: pgvector indexes those of up to 2,000 numbers';
  await sql.query(`create index if not exists ${table}_near on ${table} using hnsw (embedding vector_cosine_ops)`);
  return 'search is approximate, by an HNSW index of pgvector';
}

async function search(
  sql: Sql,
  { sha256 }: EncoderFacts,
  query: VectorQuery,
): Promise<{ matches: Match[]; among: number }> {
  const { vector, k, class: own, path, exact } = query;
  const table = tableOf(sha256);
  const values: unknown[] = [JSON.stringify(Array.from(vector))];
  const where = [
    own === undefined ? undefined : `class = $${values.push(own)}`,
    path === undefined ? undefined : `position($${values.push(path)} in file) > 0`,
  ].filter((one) => one !== undefined);
  const condition = where.length > 0 ? `where ${where.join(' and ')}` : '';
  // An index finds its nearest first, and a filter would then leave fewer than asked for.
  const isExact = exact || where.length > 0;
  await sql.query(isExact ? 'set enable_indexscan = off' : 'reset enable_indexscan');
  if (!isExact) await sql.query(`set hnsw.ef_search = ${Math.min(1000, Math.max(100, 2 * k))}`);
  const { rows } = await sql.query(
    `select images, file, class, 1 - (embedding <=> $1::vector) as similarity from ${table} ${condition} order by embedding <=> $1::vector limit ${k}`,
    values,
  );
  const filters = values.slice(1);
  const shifted = condition.replace(/\$(\d+)/g, (_, n) => `$${Number(n) - 1}`);
  const { rows: counted } = await sql.query(`select count(*)::int as n from ${table} ${shifted}`, filters);
  const matches = (rows as { images: string; file: string; class: string | null; similarity: number }[]).map(
    ({ class: named, ...one }) => ({ ...one, ...(named !== null && { class: named }) }),
  );
  return { matches: bestOf(matches, k), among: (counted[0] as { n: number }).n };
}
