#!/bin/bash
# sbatch examples/cluster/slurm.sh
#
# One process on each of two nodes shares every batch. When a process or a node is lost, all end
# within seconds, and the job puts itself into the queue again and resumes.
#SBATCH --job-name=tandem
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append

# Seen by all nodes: process 0 writes the run, on whichever node it is.
images=/shared/pictures
run=/shared/runs/mine

# Without --wait: process 0 ends last, when its report is written. --kill-on-bad-exit ends a process
# that is stopped, and cannot end itself, when the others have.
srun --kill-on-bad-exit=1 tandem pretrain "$images" --out "$run" --or-resume --batch 512
code=$?

# 2 is a wrong call, which would be wrong again.
if [ "$code" -ne 0 ] && [ "$code" -ne 2 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 5 ]; then
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
