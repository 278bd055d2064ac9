"""The JVM in which Flink runs: found, started with our jars, quiet on the terminal, gone when we are."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.live.failures import RunFailed, RunRefused
from pipelines.live.processes import end_with_parent, find_java, stop

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "pipelines" / "java" / "target"
JAR = TARGET / "contactflow-flink.jar"
LOGGING = Path(__file__).with_name("log4j2.properties")

_START_SECONDS = 120
_STOP_SECONDS = 10


def jars() -> list[Path]:
    """The operator's jar and the connectors beside it.

    Raises:
        RunRefused: they have not been built.
    """
    connectors = sorted((TARGET / "lib").glob("*.jar"))
    if not JAR.exists() or not connectors:
        raise RunRefused(f"the Flink operator has not been built ({JAR} is missing): run `make setup` first")
    return [JAR, *connectors]


def java() -> str:
    """The Java to run.

    Raises:
        RunRefused: there is none.
    """
    found = find_java()
    if found is None:
        home = os.environ.get("JAVA_HOME")
        where = f"under JAVA_HOME, {home}" if home else "on the PATH"
        raise RunRefused(f"Flink needs Java 17 or newer, and there is no `java` {where}")
    return found


@contextmanager
def java_gateway(folder: Path, log: Path, held: Sequence[int] = ()) -> Iterator[Any]:
    """A JVM with Flink and our jars on its class path; gives py4j's gateway to it.

    Args:
        folder: for temporary files of the JVM; removed when it has ended.
        log: file for all that Flink and the JVM have to say.
        held: file descriptors that stay open as long as the JVM lives, such as that of a lock.

    Raises:
        RunRefused: there is no Java, or the jars have not been built.
        RunFailed: the JVM does not start.
    """
    import pyflink.java_gateway

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with log.open("ab") as output:
        process, port = _start(folder, log, output, held)
        os.environ["PYFLINK_GATEWAY_PORT"] = str(port)
        _quiet()
        gateway = pyflink.java_gateway.get_gateway()
        try:
            yield gateway
        finally:
            del os.environ["PYFLINK_GATEWAY_PORT"]
            pyflink.java_gateway._gateway = None  # the next run starts a JVM of its own
            # Python may drop its last names of Java objects later: there is nobody left to tell.
            gateway._gateway_client.garbage_collect_object = lambda _: None
            gateway.shutdown()
            stop(process, _STOP_SECONDS)
            shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path, log: Path, output: Any, held: Sequence[int]) -> tuple[subprocess.Popen[bytes], int]:
    port_file = Path(tempfile.mkdtemp(dir=folder)) / "port"
    env = {**os.environ, "_PYFLINK_CONN_INFO_PATH": str(port_file)}
    process = subprocess.Popen(
        _command(env, folder, log),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=env,
        pass_fds=held,
        preexec_fn=_bound_to_parent,
    )
    deadline = time.monotonic() + _START_SECONDS
    while not port_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RunFailed(f"the Java process does not start; see {log}")
        time.sleep(0.05)
    (port,) = struct.unpack("!I", port_file.read_bytes()[:4])
    return process, port


def _command(env: dict[str, str], folder: Path, log: Path) -> list[str]:
    import pyflink
    from pyflink import pyflink_gateway_server as server

    # Another Flink that the environment names must not get in the way of the one that was installed with us.
    for name in ("FLINK_HOME", "FLINK_LIB_DIR", "FLINK_OPT_DIR", "FLINK_CONF_DIR", "FLINK_PLUGINS_DIR"):
        os.environ.pop(name, None)
        env.pop(name, None)
    os.environ["FLINK_HOME"] = str(Path(pyflink.__file__).parent)
    server.prepare_environment_variables(env)
    # A cluster loads plugins by itself; the one in this JVM finds a reporter on the class path only.
    reporters = Path(env["FLINK_PLUGINS_DIR"], "metrics-prometheus").glob("*.jar")
    class_path = os.pathsep.join([*map(str, [*jars(), *reporters]), server.construct_flink_classpath(env)])
    return [
        java(),
        *env.get("JVM_ARGS", "-XX:MaxRAMPercentage=50 -XX:+UseParallelGC").split(),
        "-XX:+IgnoreUnrecognizedVMOptions",
        "--add-opens=jdk.proxy2/jdk.proxy2=ALL-UNNAMED",
        *server.get_jvm_opts(env),
        f"-Djava.io.tmpdir={folder}",
        f"-Dlog.file={log}",
        f"-Dlog4j.configurationFile={LOGGING.as_uri()}",
        *("-cp", class_path),
        "org.apache.flink.client.python.PythonGatewayServer",
        "local",
    ]


def _quiet() -> None:
    """When the JVM dies py4j logs a stack trace a call, some by the root logger; ours is one sentence."""
    logging.getLogger("py4j").propagate = False
    logging.getLogger().addFilter(_not_of_py4j)


def _not_of_py4j(record: logging.LogRecord) -> bool:
    return "py4j" not in Path(record.pathname).parts


def _bound_to_parent() -> None:
    """Runs in the child: whoever kills us, the JVM must not go on writing alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what to do on Ctrl-C
    end_with_parent(signal.SIGKILL)()
