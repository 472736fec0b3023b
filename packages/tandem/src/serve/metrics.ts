/** Seconds that the buckets of times reach to; 5 ms to 10 s are Prometheus's own usual ones. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Times {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** Counts of a server, as Prometheus reads them (text format 0.0.4). */
export class Metrics {
  readonly #begun = Date.now();
  readonly #requests = new Map<string, number>();
  readonly #times = new Map<string, Times>();
  readonly #pictures = { answered: 0, refused: 0 };

  /** A request was answered. @param path one of few, not what a client made up */
  request(path: string, status: number, seconds: number): void {
    const key = `path="${path}",status="${status}"`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
    const times = this.#times.get(path) ?? { counts: buckets.map(() => 0), sum: 0, count: 0 };
    for (const [i, most] of buckets.entries()) if (seconds <= most) times.counts[i] = (times.counts[i] ?? 0) + 1;
    times.sum += seconds;
    times.count += 1;
    this.#times.set(path, times);
  }

  /** A picture was answered, or it could not be read. */
  picture(how: 'answered' | 'refused'): void {
    this.#pictures[how] += 1;
  }

  /** @param waiting pictures at hand */
  text(waiting: number): string {
    const times = [...this.#times].flatMap(([path, { counts, sum, count }]) => [
      ...buckets.map((most, i) => `tandem_request_seconds_bucket{path="${path}",le="${most}"} ${counts[i]}`),
      `tandem_request_seconds_bucket{path="${path}",le="+Inf"} ${count}`,
      `tandem_request_seconds_sum{path="${path}"} ${sum}`,
      `tandem_request_seconds_count{path="${path}"} ${count}`,
    ]);
    const { answered, refused } = this.#pictures;
    return [
      ...about('tandem_requests_total', 'counter', 'Requests that were answered.'),
      ...[...this.#requests].map(([key, count]) => `tandem_requests_total{${key}} ${count}`),
      ...about('tandem_request_seconds', 'histogram', 'Seconds from the first byte to the answer.'),
      ...times,
      ...about('tandem_pictures_total', 'counter', 'Pictures that were answered, or could not be read.'),
      `tandem_pictures_total{result="answered"} ${answered}`,
      `tandem_pictures_total{result="refused"} ${refused}`,
      ...about('tandem_pictures_waiting', 'gauge', 'Pictures at hand.'),
      `tandem_pictures_waiting ${waiting}`,
      ...about('process_resident_memory_bytes', 'gauge', 'Memory of the process.'),
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      ...about('process_start_time_seconds', 'gauge', 'When it began, since 1970.'),
      `process_start_time_seconds ${this.#begun / 1000}`,
      '',
    ].join('\n');
  }
}

const about = (name: string, type: string, help: string) => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
