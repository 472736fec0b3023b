"""What every peer needs: one task after another from stdin, its answer to stdout, both as lines of JSON."""

import json
import platform
import sys
from collections.abc import Callable

import torch


def about(threads: int) -> dict:
    torch.set_num_threads(threads)
    return {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
    }


def serve(tasks: dict[str, Callable]) -> None:
    tasks = {"about": about, **tasks}
    for line in sys.stdin:
        given = json.loads(line)
        answer = tasks[given.pop("task")](**given)
        print(json.dumps(answer), flush=True)
