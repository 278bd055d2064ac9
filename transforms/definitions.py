"""The definitions that a job runs: all versions of workflows and rules, policy, settings, assets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from msgspec import DecodeError, Struct, field
from msgspec.json import decode

from schemas import definitions as shapes
from schemas.documents import KINDS, Path
from schemas.structs import ready
from transforms.actions import ACTIONS
from transforms.card import CHANNELS
from transforms.compiling import compile_rule, compile_workflow, duration, time_of_day
from transforms.conditions import CONDITIONS
from transforms.durations import Duration
from transforms.events import EVENTS
from transforms.graph import ChannelRules, Limit, Release, Workflow
from transforms.index import StartIndex
from transforms.localtime import Span
from transforms.params import read_params
from transforms.problems import Problem, Problems, fit, fit_params, unknown
from transforms.settings import Settings
from transforms.text import BadTemplate, template

STATUS, RELEASE, EXISTING = "status", "release", "existing"
"""Kinds of control documents beside the definitions: the status of a workflow as JSON text, how live runs
take a version (`Release`), and the condition by which contacts are started that were known before it."""


# Each subtask of a job reads the definitions for itself, at the same time.
ready([*EVENTS.values(), *CONDITIONS.values(), *ACTIONS.values(), Settings, Release])


class DefinitionError(ValueError):
    """A definition cannot be used; `check` says why at more length."""


class Asset(Struct, frozen=True):
    """An e-mail or SMS document."""

    kind: str
    id: str
    subject: str | None
    body: str
    group: str | None
    service: bool


class Key(NamedTuple):
    """How a document is told apart: written `kind/id@version`."""

    kind: str
    id: str
    version: int = 1

    def __str__(self) -> str:
        return f"{self.kind}/{self.id}@{self.version}"

    @classmethod
    def parse(cls, text: str) -> Key:
        """Reads what `str` writes."""
        kind, _, rest = text.partition("/")
        name, _, version = rest.rpartition("@")
        return cls(kind, name, int(version))


class Compiled(Struct):
    """What came of one document."""

    value: Workflow | Settings | Asset | dict[str, ChannelRules] | None
    problems: list[Problem] = field(default_factory=list)


def compile_document(tree: Any, version: int = 1) -> Compiled:
    """Compiles one document of any kind, noting what is wrong with it."""
    problems = Problems()
    value: Workflow | Settings | Asset | dict[str, ChannelRules] | None = None
    kind = tree.get("kind") if isinstance(tree, dict) else None
    if kind == "workflow":
        value = compile_workflow(tree, version, problems)
    elif kind == "rule":
        value = compile_rule(tree, version, problems)
    elif kind == "policy":
        value = _policy(tree, problems)
    elif kind == "settings":
        value = _settings(tree, problems)
    elif kind in ("email", "sms"):
        value = _asset(tree, problems)
    elif kind is None:
        problems.error((), f"the document needs a `kind`: {', '.join(KINDS)}")
    else:
        problems.error(("kind",), unknown("kind", str(kind), KINDS))
    return Compiled(value, problems)


def _policy(tree: Any, problems: Problems) -> dict[str, ChannelRules] | None:
    shape = fit(tree, shapes.PolicyShape, (), "policy", problems)
    if shape is None:
        return None
    rules = {}
    for channel in CHANNELS:
        one: shapes.ChannelShape = getattr(shape.channels, channel)
        at: Path = ("channels", channel)
        caps = []
        for i, cap in enumerate(one.caps):
            per = duration(cap.per, (*at, "caps", i, "per"), f"policy: {channel}", problems)
            if per is not None:
                caps.append(Limit(cap.count, per))
        quiet = None
        if one.quiet is not None:
            start = time_of_day(one.quiet.start, (*at, "quiet", "from"), f"policy: {channel}", problems)
            end = time_of_day(one.quiet.end, (*at, "quiet", "to"), f"policy: {channel}", problems)
            quiet = Span(start, end) if start is not None and end is not None else None
        give_up = duration(one.give_up, (*at, "give_up"), f"policy: {channel}", problems)
        rules[channel] = ChannelRules(tuple(caps), one.on_cap == "defer", give_up or Duration(0), quiet)
    return rules


def _settings(tree: Any, problems: Problems) -> Settings | None:
    return read_params(Settings, tree) if fit_params(tree, Settings, (), "settings", problems) else None


def _asset(tree: Any, problems: Problems) -> Asset | None:
    shape = fit(tree, shapes.AssetShape, (), str(tree["kind"]), problems)
    if shape is None:
        return None
    for name, text in (("subject", shape.subject), ("body", shape.body)):
        try:
            template(text or "")
        except BadTemplate as error:
            problems.error((name,), f"{shape.kind} `{shape.id}`: {error}")
    return Asset(shape.kind, shape.id, shape.subject, shape.body, shape.group, shape.service)


class Definitions:
    """Compiled definitions, indexed.

    Attributes:
        versions: every workflow and rule by id and version.
        current: the newest version by id.
        statuses: status by id: the one last set, else that of the newest version.
        releases: by id, the versions that live runs move on to, ascending.
        paused: ids of the workflows that are.
        channels: the gate's rules by channel.
    """

    def __init__(
        self,
        compiled: Iterable[Workflow | Settings | Asset | dict[str, ChannelRules]],
        statuses: Mapping[str, str] | None = None,
        releases: Mapping[tuple[str, int], Release] | None = None,
    ) -> None:
        self.versions: dict[tuple[str, int], Workflow] = {}
        self.current: dict[str, Workflow] = {}
        self.channels: dict[str, ChannelRules] = dict.fromkeys(CHANNELS, ChannelRules())
        self.settings = Settings()
        self.assets: dict[tuple[str, str], Asset] = {}
        for one in compiled:
            if isinstance(one, Workflow):
                self.versions[one.id, one.version] = one
                known = self.current.get(one.id)
                if known is None or known.version < one.version:
                    self.current[one.id] = one
            elif isinstance(one, Settings):
                self.settings = one
            elif isinstance(one, Asset):
                self.assets[one.kind, one.id] = one
            else:
                self.channels = one
        self.statuses = {id_: workflow.status for id_, workflow in self.current.items()} | dict(
            statuses or {}
        )
        self.paused = frozenset(id_ for id_, status in self.statuses.items() if status == "paused")
        self.releases: dict[str, list[tuple[int, Release]]] = {}
        for (id_, version), release in sorted((releases or {}).items(), key=lambda item: item[0]):
            if release.mode != "pin" and (id_, version) in self.versions:
                self.releases.setdefault(id_, []).append((version, release))
        retired = {id_ for id_, status in self.statuses.items() if status == "retired"}
        self.unsettled = retired | self.releases.keys()
        """Ids of the workflows whose live runs end, or move to another version, when they are next seen."""
        self.most = {channel: rules.most for channel, rules in self.channels.items()}
        self.starts = StartIndex(self.current.values())

    @classmethod
    def read(cls, documents: Mapping[str, bytes]) -> Definitions:
        """Compiles documents as they are handed to a job: key to JSON.

        Raises:
            DefinitionError: when one cannot be used.
        """
        compiled = []
        statuses: dict[str, str] = {}
        releases: dict[tuple[str, int], Release] = {}
        for name, body in documents.items():
            key = Key.parse(name)
            if key.kind == STATUS:
                statuses[key.id] = _control(name, body, shapes.Status)
                continue
            if key.kind == RELEASE:
                releases[key.id, key.version] = _control(name, body, Release)
                continue
            if key.kind == EXISTING:
                continue  # it was for the contacts known at its time
            one = compile_document(json.loads(body), key.version)
            errors = [problem for problem in one.problems if problem.severity == "error"]
            if errors or one.value is None:
                raise DefinitionError(f"{name}: {errors[0].message if errors else 'it cannot be read'}")
            compiled.append(one.value)
        return cls(compiled, statuses, releases)

    def moves_runs(self, workflow: str, version: int) -> bool:
        """Whether live runs of earlier versions move to this one."""
        return any(to == version for to, _ in self.releases.get(workflow, ()))

    def of(self, workflow: str, version: int) -> Workflow:
        """The version of a workflow that a run was started with."""
        return self.versions[workflow, version]


def _control(name: str, body: bytes, shape: Any) -> Any:
    try:
        return decode(body, type=shape)
    except DecodeError as error:
        raise DefinitionError(f"{name}: {error}") from None
