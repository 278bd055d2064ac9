"""Where Flink's jobs are put together, with settings that say where they run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyflink.datastream import StreamExecutionEnvironment


def environment(gateway: Any, settings: Mapping[str, str]) -> StreamExecutionEnvironment:
    """An environment whose jobs go where `execution.target` says.

    PyFlink's own factory would make a local one of it, whatever the target.
    """
    from pyflink.common import Configuration
    from pyflink.datastream import StreamExecutionEnvironment

    configuration = Configuration()
    for name, value in settings.items():
        configuration.set_string(name, value)
    java = gateway.jvm.org.apache.flink.streaming.api.environment.StreamExecutionEnvironment
    return StreamExecutionEnvironment(java(configuration._j_configuration))
