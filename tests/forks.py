"""Real processes that start at once: forked from one that has torch imported already.

Importing torch, and torchmetrics for the tables, takes seconds of a core. Tests that look at how
a process starts begin one as the program does.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

SERVER = """
import importlib, json, os, signal, sys
import pandas, torch._dynamo, torchmetrics.functional.classification
import torchmetrics.functional.regression, tui_lab.training.jobs, tui_lab.training.trainer
from tui_lab.training import checkpoints

def reap(*_):
    try:
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            os.write(1, b"%d %d\\n" % (found[0], os.waitstatus_to_exitcode(found[1])))
    except ChildProcessError:
        pass

def become(asked):
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    os.setsid()
    os.environ.clear()
    os.environ.update(asked["environment"])
    for number, path in enumerate((os.devnull, asked["log"], asked["log"])):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND), number)
    if asked["checkpoint_seconds"] is not None:
        checkpoints.LEAST_SECONDS = asked["checkpoint_seconds"]
    module = importlib.import_module(asked["module"])
    if hasattr(module, "__path__"):
        module = importlib.import_module(asked["module"] + ".__main__")
    os._exit(module.main(asked["arguments"]))

signal.signal(signal.SIGCHLD, reap)
for line in sys.stdin:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    pid = os.fork()
    if pid == 0:
        become(json.loads(line))
    os.write(1, b"%d\\n" % pid)  # before the line of its end
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
"""


class Forked:
    """What a `subprocess.Popen` of such a process would be."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = threading.Event()

    def end(self, code: int) -> None:
        self.returncode = code
        self._ended.set()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired("a forked process", timeout)
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class Forks:
    """The process that forks, and what it says of those that were forked."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-P", "-u", "-c", SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._forked: dict[int, Forked] = {}
        self._begun: queue.SimpleQueue[Forked] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        """A pid when a process begins, and with its exit code when it ends."""
        for line in self._server.stdout:
            pid, *codes = map(int, line.split())
            if codes:
                self._forked.pop(pid).end(*codes)
            else:
                self._forked[pid] = Forked(pid)
                self._begun.put(self._forked[pid])

    def begin(
        self, module: str, arguments: Sequence[str], log: Path, environment: Mapping[str, str],
        checkpoint_seconds: float | None = None,
    ) -> Forked:  # fmt: skip
        asked = {
            "module": module,
            "arguments": list(arguments),
            "log": str(log),
            "environment": dict(environment),
            "checkpoint_seconds": checkpoint_seconds,
        }
        self._server.stdin.write(json.dumps(asked).encode() + b"\n")
        self._server.stdin.flush()
        return self._begun.get(timeout=60)

    def close(self) -> None:
        self._server.kill()
        self._server.wait()
