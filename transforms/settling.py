"""What a change of the definitions means for live runs: retired ones end, others move to a new version."""

from __future__ import annotations

from transforms.graph import Do, Node, On, Release
from transforms.runs import complete, drop_token, end_run
from transforms.state import AT_EVENT, AT_WAIT, Run, Token
from transforms.step import Step

END = "end"


def settle_runs(step: Step) -> None:
    """Brings the runs of a contact to what the definitions now say."""
    definitions = step.definitions
    for run in list(step.contact.runs):
        if definitions.statuses.get(run.workflow) == "retired":
            end_run(step, run, "retired")
            kept = step.contact.kept.pop(run.workflow, None)
            if kept is not None:
                workflow = definitions.current[run.workflow]
                step.note("dropped", None, kept.node, workflow=workflow, reason="retired")
            continue
        for version, release in definitions.releases.get(run.workflow, ()):
            if version > run.version and run.live:
                _move(step, run, version, release)


def _move(step: Step, run: Run, version: int, release: Release) -> None:
    nodes = step.definitions.of(run.workflow, version).nodes
    run.version = version
    for token in list(run.tokens):
        target = release.moves.get(token.node)
        node = nodes.get(target or token.node)
        if target == END or node is None:
            step.note("exited", run, token.node, reason="migrated" if target == END else "node_gone")
            drop_token(run, token)
        else:
            _place(run, token, node)
    complete(step, run)


def _place(run: Run, token: Token, node: Node) -> None:
    """Leaves a token on a node of the new version; its due time stays."""
    if node.id != token.node:
        token.node = node.id
        token.visit = run.visits[node.id] = run.visits.get(node.id, 0) + 1
    if isinstance(node, On):
        token.doing = AT_EVENT
    elif not isinstance(node, Do):
        token.doing = AT_WAIT
