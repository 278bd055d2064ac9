"""A Kafka broker on this machine, to try things out and for tests: one node, in a folder, on 127.0.0.1."""

from __future__ import annotations

import subprocess
import time
import uuid
from pathlib import Path

from pipelines.live.processes import end_with_parent, find_java, free_port, kill, listens, stop

ROOT = Path(__file__).resolve().parents[2]
BROKER = ROOT / "deploy" / "broker"
LIB = BROKER / "target" / "lib"

_START_SECONDS = 60
_POLL_SECONDS = 0.05

_SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
num.partitions=4
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
"""


class BrokerFailed(Exception):
    """The broker cannot be started. The message is one sentence."""


class Broker:
    """A broker and its folder. Stopped and started again it has the same address and the same data.

    Args:
        folder: for data, settings and log; made when it is missing.
        port: to listen on; None for a free one, or that of the last time.

    Raises:
        BrokerFailed: it has not been built, there is no Java, or the folder belongs to another port.
    """

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self._folder = folder.absolute()
        self._settings = self._folder / "server.properties"
        self.log = self._folder / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._java = _java()
        if not self._settings.exists():
            self._format(port)
        self.port = self._known_port()
        if port not in (None, self.port):
            raise BrokerFailed(f"the broker in {folder} has port {self.port}, not {port}")

    @property
    def address(self) -> str:
        """HOST:PORT to give to Kafka clients."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it, and returns when it answers.

        Raises:
            BrokerFailed: it does not come up.
        """
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command("kafka.Kafka", str(self._settings)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,  # Ctrl-C is for us, who stop it in order
                preexec_fn=end_with_parent(),
            )
        deadline = time.monotonic() + _START_SECONDS
        while not listens(self.port):
            if not self.runs() or time.monotonic() > deadline:
                self.kill()
                raise BrokerFailed(f"Kafka does not start; see {self.log}")
            time.sleep(_POLL_SECONDS)

    def runs(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Ends it in order; what it holds stays in the folder."""
        if self._process is not None:
            stop(self._process)

    def kill(self) -> None:
        """Ends it at once, as a power cut would."""
        if self._process is not None:
            kill(self._process)

    def _format(self, port: int | None) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BrokerFailed(f"{self._folder}: {error.strerror}") from None
        new = self._settings.with_suffix(".new")
        data = self._folder / "data"
        new.write_text(_SETTINGS.format(port=port or free_port(), controller=free_port(), data=data))
        command = self._command(
            "kafka.tools.StorageTool", "format", "-t", str(uuid.uuid4()), "-c", str(new), "--ignore-formatted"
        )
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            reason = (done.stderr or done.stdout or "it does not say why").strip().splitlines()[-1]
            raise BrokerFailed(f"Kafka cannot use {self._folder}: {reason}")
        new.replace(self._settings)

    def _known_port(self) -> int:
        for line in self._settings.read_text().splitlines():
            if line.startswith("advertised.listeners="):
                return int(line.rpartition(":")[2])
        raise BrokerFailed(f"{self._settings} is not ours")

    def _command(self, *arguments: str) -> list[str]:
        logging = (BROKER / "log4j2.properties").as_uri()
        return [
            self._java,
            *("-Xms256m", "-Xmx512m"),
            f"-Dlog4j2.configurationFile={logging}",
            *("-cp", f"{LIB}/*"),
            *arguments,
        ]


def _java() -> str:
    if not any(LIB.glob("kafka_*.jar")):
        raise BrokerFailed(f"the broker has not been built ({LIB} is empty): `make broker` does it")
    found = find_java()
    if found is None:
        raise BrokerFailed("Kafka needs Java 17 or newer, and there is no `java`")
    return found
