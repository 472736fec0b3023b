/** The place of this process among those of a run, as its launcher says. */
export interface Place {
  /** Its number, from 0. */
  readonly rank: number;
  /** How many processes there are. */
  readonly size: number;
  /** Its number among those of its host, from 0. */
  readonly localRank: number;
  /** Host of process 0, where all of them meet. */
  readonly host: string;
  /** Port where they meet. */
  readonly port: number;
  /** Who started it, in words. */
  readonly launcher: string;
  /** Tells its job from others that meet at the same host and port. */
  readonly job: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What a launcher says is not enough, or contradicts itself. */
export class EnvironmentError extends Error {}

/**
 * The place of this process; undefined where it runs alone. Understands the variables of torchrun
 * and all that set the same, of Slurm's steps, Open MPI and MPICH.
 * @throws EnvironmentError where they are not enough
 */
export function placeOf(env: Environment = process.env): Place | undefined {
  const place = torchrun(env) ?? kubeflow(env) ?? slurm(env) ?? openMpi(env) ?? mpich(env);
  if (place === undefined || place.size === 1) return undefined;
  if (place.rank >= place.size) {
    throw new EnvironmentError(`${place.launcher} says that this is process ${place.rank} of ${place.size}`);
  }
  return place;
}

/** `RANK`, `WORLD_SIZE`, `MASTER_ADDR`, `MASTER_PORT`: torchrun, Volcano, Ray, and by hand. */
function torchrun(env: Environment): Place | undefined {
  const { RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT } = env;
  if ([RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT].includes(undefined)) return undefined;
  const each = number(env, 'PET_NPROC_PER_NODE');
  // Kubeflow counts pods in RANK and processes in WORLD_SIZE.
  if (env.LOCAL_RANK === undefined && each !== undefined && each > 1) throw new EnvironmentError(needsTorchrun(each));
  // Not TORCHELASTIC_RESTART_COUNT: where one host's processes fail, the agents of the others begin
  // theirs again too, and do not count that.
  const job = env.TORCHELASTIC_RUN_ID ?? '';
  // Its agent listens at that port with a store of its own torch, which others do not understand.
  const isTaken = env.TORCHELASTIC_USE_AGENT_STORE === 'True';
  return {
    rank: needed(env, 'RANK'),
    size: needed(env, 'WORLD_SIZE'),
    localRank: number(env, 'LOCAL_RANK') ?? 0,
    host: MASTER_ADDR as string,
    port: isTaken ? portFor(`${job}/${MASTER_PORT}`) : needed(env, 'MASTER_PORT'),
    launcher: env.TORCHELASTIC_RUN_ID === undefined ? 'the environment' : 'torchrun',
    job,
  };
}

/** `PET_*`: what Kubeflow tells torchrun, which may be left out where a pod has one process. */
function kubeflow(env: Environment): Place | undefined {
  const size = number(env, 'PET_NNODES');
  if (size === undefined || env.PET_NODE_RANK === undefined || env.PET_MASTER_ADDR === undefined) return undefined;
  const each = env.PET_NPROC_PER_NODE ?? '1';
  if (each !== '1') throw new EnvironmentError(needsTorchrun(each));
  return {
    ...{ rank: needed(env, 'PET_NODE_RANK'), size, localRank: 0, host: env.PET_MASTER_ADDR },
    ...{ port: number(env, 'PET_MASTER_PORT') ?? 29500, launcher: 'Kubeflow', job: '' },
  };
}

function needsTorchrun(each: number | string): string {
  return `PET_NPROC_PER_NODE is ${each}: begin the processes of a pod by torchrun --no-python, or ask for one in a pod`;
}

/**
 * A task of a Slurm step. A batch script has the numbers of its whole job without being a step of
 * it, and must not wait for others.
 */
function slurm(env: Environment): Place | undefined {
  const size = number(env, 'SLURM_STEP_NUM_TASKS');
  if (size === undefined || env.SLURM_STEP_ID === undefined || env.SLURM_PROCID === undefined) return undefined;
  const nodes = env.SLURM_STEP_NODELIST ?? env.SLURM_JOB_NODELIST ?? '';
  const host = env.MASTER_ADDR ?? (number(env, 'SLURM_STEP_NUM_NODES') === 1 ? '127.0.0.1' : firstNode(nodes));
  const reserved = /^\d+/.exec(env.SLURM_STEP_RESV_PORTS ?? '')?.[0];
  const step = `${env.SLURM_JOB_ID}.${env.SLURM_STEP_ID}`;
  return {
    rank: needed(env, 'SLURM_PROCID'),
    size,
    localRank: number(env, 'SLURM_LOCALID') ?? 0,
    host,
    port: number(env, 'MASTER_PORT') ?? (reserved === undefined ? portFor(step) : Number(reserved)),
    ...{ launcher: 'Slurm', job: step },
  };
}

/** The first host of a list such as `n[01-04,7],m1`. @throws EnvironmentError for an empty one */
export function firstNode(list: string): string {
  const [, prefix = '', first = ''] = /^([^[,]+)(?:\[(\d+))?/.exec(list) ?? [];
  if (prefix === '') throw new EnvironmentError('Slurm does not name the nodes of this step; set MASTER_ADDR');
  return prefix + first;
}

/** Open MPI does not say where process 0 is. */
function openMpi(env: Environment): Place | undefined {
  const size = number(env, 'OMPI_COMM_WORLD_SIZE');
  if (size === undefined) return undefined;
  const job = env.PMIX_NAMESPACE ?? env.OMPI_MCA_ess_base_jobid ?? '';
  return {
    ...byMpi(env, 'Open MPI', size === number(env, 'OMPI_COMM_WORLD_LOCAL_SIZE'), job),
    ...{ rank: needed(env, 'OMPI_COMM_WORLD_RANK'), size },
    localRank: number(env, 'OMPI_COMM_WORLD_LOCAL_RANK') ?? 0,
  };
}

/** MPICH likewise. */
function mpich(env: Environment): Place | undefined {
  const size = number(env, 'PMI_SIZE');
  if (size === undefined || env.PMI_RANK === undefined) return undefined;
  return {
    ...byMpi(env, 'MPICH', size === number(env, 'MPI_LOCALNRANKS'), String(process.ppid)),
    ...{ rank: needed(env, 'PMI_RANK'), size, localRank: number(env, 'MPI_LOCALRANKID') ?? 0 },
  };
}

function byMpi(env: Environment, launcher: string, isOneHost: boolean, job: string) {
  const host = env.MASTER_ADDR ?? (isOneHost ? '127.0.0.1' : undefined);
  if (host === undefined) {
    throw new EnvironmentError(
      `${launcher} does not say on which host process 0 is: set MASTER_ADDR and MASTER_PORT for all processes (mpirun -x)`,
    );
  }
  const port = number(env, 'MASTER_PORT') ?? portFor(job);
  return { host, port, launcher, job };
}

/** A port that all processes of a job find by its name, below those that systems give away. */
function portFor(job: string): number {
  let sum = 0;
  for (const letter of job) sum = (31 * sum + letter.charCodeAt(0)) % 12_000;
  return 20_000 + sum;
}

function needed(env: Environment, name: string): number {
  const value = number(env, name);
  if (value === undefined) throw new EnvironmentError(`the launcher does not set ${name}`);
  return value;
}

/** A whole number of at least 0. @throws EnvironmentError for anything else that is there */
function number(env: Environment, name: string): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (name.startsWith('PET_')) return undefined; // torchrun's may be words, such as `auto` or `1:4`
  throw new EnvironmentError(`${name} must be a whole number, got ${JSON.stringify(text)}`);
}
