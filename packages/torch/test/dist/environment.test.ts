import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EnvironmentError, firstNode, placeOf } from '../../src/dist/environment.js';

const torchrun = {
  ...{ RANK: '3', WORLD_SIZE: '4', LOCAL_RANK: '1', MASTER_ADDR: 'h1', MASTER_PORT: '29400' },
  ...{ TORCHELASTIC_RUN_ID: 'job', TORCHELASTIC_RESTART_COUNT: '2', TORCHELASTIC_USE_AGENT_STORE: 'True' },
};
const step = {
  ...{ SLURM_JOB_ID: '7', SLURM_STEP_ID: '0', SLURM_STEP_NUM_TASKS: '2', SLURM_STEP_NUM_NODES: '2' },
  ...{ SLURM_PROCID: '1', SLURM_LOCALID: '0', SLURM_STEP_NODELIST: 'n[1-2]', SLURM_LAUNCH_NODE_IPADDR: '10.77.0.1' },
};
const openMpi = {
  ...{ OMPI_COMM_WORLD_RANK: '1', OMPI_COMM_WORLD_SIZE: '2', OMPI_COMM_WORLD_LOCAL_RANK: '1' },
  ...{ OMPI_COMM_WORLD_LOCAL_SIZE: '2', OMPI_COMM_WORLD_NODE_RANK: '1', PMIX_NAMESPACE: '1234.1' },
};

describe('what launchers say', () => {
  test('a process without a launcher is alone, and so is one of one', () => {
    assert.equal(placeOf({}), undefined);
    assert.equal(placeOf({ RANK: '0', WORLD_SIZE: '1', MASTER_ADDR: 'h', MASTER_PORT: '1' }), undefined);
    assert.equal(placeOf({ RANK: '0', WORLD_SIZE: '2' }), undefined, 'nowhere to meet');
  });

  test('torchrun: its agent holds the port, so another is taken, the same after every restart', () => {
    const { port, ...place } = placeOf(torchrun) ?? {};
    assert.deepEqual(place, {
      ...{ rank: 3, size: 4, localRank: 1, host: 'h1', launcher: 'torchrun', job: 'job' },
    });
    assert.ok(port !== undefined && port >= 20_000 && port < 32_000);
    assert.equal(placeOf({ ...torchrun, RANK: '0', LOCAL_RANK: '0' })?.port, port, 'all find the same port');
    const restarted = placeOf({ ...torchrun, TORCHELASTIC_RESTART_COUNT: '3' });
    assert.deepEqual(restarted, placeOf(torchrun), 'agents of several hosts count restarts differently');
    assert.notEqual(placeOf({ ...torchrun, TORCHELASTIC_RUN_ID: 'another' })?.port, port);
    assert.equal(placeOf({ ...torchrun, TORCHELASTIC_USE_AGENT_STORE: 'False' })?.port, 29_400);
  });

  test('a Slurm step meets on the first node, not where srun was called', () => {
    const { rank, size, host, port, launcher } = placeOf(step) ?? {};
    assert.deepEqual({ rank, size, host, launcher }, { rank: 1, size: 2, host: 'n1', launcher: 'Slurm' });
    assert.ok(port !== undefined && port >= 20_000 && port < 32_000);
    assert.equal(placeOf({ ...step, SLURM_PROCID: '0' })?.port, port, 'all find the same port');
    assert.equal(placeOf({ ...step, SLURM_STEP_RESV_PORTS: '30003-30004' })?.port, 30003);
    assert.equal(placeOf({ ...step, MASTER_ADDR: '10.0.0.9' })?.host, '10.0.0.9');
  });

  test("a Slurm batch script, which has its job's numbers without being a step, is alone", () => {
    assert.equal(placeOf({ SLURM_JOB_ID: '7', SLURM_PROCID: '0', SLURM_LOCALID: '0', SLURM_NTASKS: '2' }), undefined);
  });

  test('the first node of lists', () => {
    const lists = ['n1', 'n[1-2]', 'n[01-10,12]', 'gpu-a[7,9],m1', 'm1,n2'];
    assert.deepEqual(lists.map(firstNode), ['n1', 'n1', 'n01', 'gpu-a7', 'm1']);
    assert.throws(() => firstNode(''), EnvironmentError);
  });

  test('Open MPI on one host; its node rank is no host', () => {
    const { rank, localRank, host } = placeOf(openMpi) ?? {};
    assert.deepEqual({ rank, localRank, host }, { rank: 1, localRank: 1, host: '127.0.0.1' });
    assert.throws(() => placeOf({ ...openMpi, OMPI_COMM_WORLD_LOCAL_SIZE: '1' }), /Open MPI .* set MASTER_ADDR/);
  });

  test('MPICH', () => {
    const { rank, size } = placeOf({ PMI_RANK: '1', PMI_SIZE: '2', MPI_LOCALRANKID: '1', MPI_LOCALNRANKS: '2' }) ?? {};
    assert.deepEqual({ rank, size }, { rank: 1, size: 2 });
  });

  test("Kubeflow: a pod's number is no process's where a pod has several", () => {
    const pod = { RANK: '1', WORLD_SIZE: '4', MASTER_ADDR: 'j', MASTER_PORT: '23456', PET_NPROC_PER_NODE: '2' };
    assert.throws(() => placeOf(pod), /torchrun --no-python/);
    assert.equal(placeOf({ ...pod, PET_NPROC_PER_NODE: '1' })?.rank, 1);
    const v2 = { PET_NNODES: '2', PET_NODE_RANK: '1', PET_MASTER_ADDR: 'j-0', PET_NPROC_PER_NODE: '1' };
    assert.deepEqual([placeOf(v2)?.rank, placeOf(v2)?.port], [1, 29500]);
    assert.throws(() => placeOf({ ...v2, PET_NPROC_PER_NODE: 'auto' }), EnvironmentError);
  });

  test('what contradicts itself is refused by name', () => {
    assert.throws(() => placeOf({ ...torchrun, RANK: 'x' }), /RANK must be a whole number/);
    assert.throws(() => placeOf({ ...torchrun, RANK: '4' }), /process 4 of 4/);
  });
});
