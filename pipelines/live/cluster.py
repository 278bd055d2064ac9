"""A Flink cluster on this machine, to try things out and for tests: processes of their own, on 127.0.0.1.

It is the Flink that PyFlink brings. Our jars are not in it: they come with the job.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from pipelines.live.gateway import java
from pipelines.live.processes import end_with_parent, free_port, kill, listens, stop

_START_SECONDS = 90
_POLL_SECONDS = 0.1

_SETTINGS = """\
env.java.opts.all: {java_options}
jobmanager.rpc.address: 127.0.0.1
jobmanager.bind-host: 127.0.0.1
jobmanager.rpc.port: {rpc}
jobmanager.memory.process.size: 1g
rest.address: 127.0.0.1
rest.bind-address: 127.0.0.1
rest.port: {rest}
taskmanager.host: 127.0.0.1
taskmanager.bind-host: 127.0.0.1
taskmanager.numberOfTaskSlots: 1
taskmanager.memory.process.size: 1600m
blob.server.port: "0"
heartbeat.interval: 1000
heartbeat.timeout: 8000
io.tmp.dirs: {folder}/tmp
"""


class ClusterFailed(Exception):
    """The cluster cannot be started. The message is one sentence."""


class Cluster:
    """One JobManager and some TaskManagers of one slot each; any of them can be killed and started again.

    Args:
        folder: for settings, logs and temporary files; made when it is missing.
    """

    def __init__(self, folder: Path) -> None:
        import pyflink

        self._folder = folder.absolute()
        self._flink = Path(pyflink.__file__).parent
        self._rest = free_port()
        self._job_manager: subprocess.Popen[bytes] | None = None
        self.task_managers: list[subprocess.Popen[bytes]] = []
        self._write()

    @property
    def address(self) -> str:
        """HOST:PORT for `contactflow run --cluster`."""
        return f"127.0.0.1:{self._rest}"

    def start(self, task_managers: int) -> None:
        """Starts it, and returns when all have found each other.

        Raises:
            ClusterFailed: they have not.
        """
        self.start_job_manager()
        for _ in range(task_managers):
            self.start_task_manager()
        self.await_slots(task_managers)

    def start_job_manager(self) -> None:
        """Starts the JobManager, at the address that it had before."""
        self._job_manager = self._start("jobmanager")
        self._await(lambda: listens(self._rest), "the JobManager does not start")

    def start_task_manager(self) -> None:
        """Starts one more TaskManager."""
        self.task_managers.append(self._start("taskmanager"))

    def kill_job_manager(self) -> None:
        """As a power cut would. The job is lost; its checkpoints are not."""
        if self._job_manager is not None:
            kill(self._job_manager)

    def kill_task_manager(self, number: int) -> None:
        """As a power cut would; another one takes its place."""
        kill(self.task_managers.pop(number))
        self.start_task_manager()

    def await_slots(self, count: int) -> None:
        """Waits until so many TaskManagers have announced themselves.

        Raises:
            ClusterFailed: they have not.
        """
        self._await(lambda: self._registered() >= count, f"{count} TaskManagers do not register")

    def stop(self) -> None:
        """Ends everything."""
        for process in [*self.task_managers, *([self._job_manager] if self._job_manager else [])]:
            stop(process)
        self.task_managers.clear()

    def _registered(self) -> int:
        try:
            with urllib.request.urlopen(f"http://{self.address}/taskmanagers", timeout=2) as answer:
                return len(json.load(answer)["taskmanagers"])
        except OSError:
            return 0

    def _await(self, happened: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not happened():
            if time.monotonic() > deadline:
                self.stop()
                raise ClusterFailed(f"{otherwise}; see {self._folder / 'log'}")
            time.sleep(_POLL_SECONDS)

    def _write(self) -> None:
        for name in ("conf", "lib", "log", "tmp"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        options = ""
        for line in (self._flink / "conf" / "config.yaml").read_text().splitlines():
            if line.strip().startswith("all: --add-exports"):
                options = line.strip().removeprefix("all: ")
        (self._folder / "conf" / "config.yaml").write_text(
            _SETTINGS.format(java_options=options, rpc=free_port(), rest=self._rest, folder=self._folder)
        )
        for name in ("log4j-console.properties", "log4j.properties"):
            (self._folder / "conf" / name).write_text((self._flink / "conf" / name).read_text())
        # flink-python must be where its native library is loaded once a JVM, however often a job comes.
        for jar in [*(self._flink / "lib").glob("*.jar"), *(self._flink / "opt").glob("flink-python-*.jar")]:
            link = self._folder / "lib" / jar.name
            if not link.exists():
                link.symlink_to(jar)

    def _start(self, what: str) -> subprocess.Popen[bytes]:
        place = {
            "FLINK_HOME": self._flink,
            "FLINK_LIB_DIR": self._folder / "lib",
            "FLINK_CONF_DIR": self._folder / "conf",
            "FLINK_LOG_DIR": self._folder / "log",
            "FLINK_PID_DIR": self._folder / "tmp",
            "JAVA_HOME": Path(java()).resolve().parents[1],
        }
        kept = {name: value for name, value in os.environ.items() if name != "JVM_ARGS"}
        with (self._folder / "log" / f"{what}.console").open("ab") as log:
            return subprocess.Popen(
                ["bash", str(self._flink / "bin" / f"{what}.sh"), "start-foreground"],
                env={**kept, **{name: str(value) for name, value in place.items()}},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent(),
            )
