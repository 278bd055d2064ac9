"""The pages of the reference, in Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from docs.generator.definition_schema import DOCUMENTS
from docs.generator.fields import definition_name, fields_of, meaning_of
from docs.generator.notes import field_meaning, notes
from docs.generator.words import default_of, type_of
from schemas import definitions as shapes
from schemas.event_data import EVENT_DATA
from schemas.events import RawEvent
from schemas.records import ActionRecord, CardRecord, DeadLetter, OutcomeRecord, StepRecord
from transforms.actions import ACTIONS
from transforms.conditions import CONDITIONS
from transforms.events import EVENTS, START_ONLY
from transforms.settings import Limits

KINDS = {
    "here": "Done here: changes the card in the same step.",
    "out": "Goes out: becomes a record that a connector delivers.",
    "flow": "Done here: concerns other workflows and rules.",
}

DOCUMENT_PARTS: dict[str, list[type[Struct]]] = {
    "workflow": [shapes.EntryShape, shapes.LimitShape, shapes.ExitShape, shapes.EventShape],
    "rule": [shapes.ActionShape],
    "policy": [shapes.ChannelsShape, shapes.ChannelShape, shapes.CapShape, shapes.Quiet],
    "settings": [Limits],
}
NODE_PARTS: dict[str, list[type[Struct]]] = {
    "branch": [shapes.BranchCase],
    "wait": [shapes.WaitUntil, shapes.UntilDetail, shapes.Window],
    "split": [shapes.SplitPath],
}
RECORDS: dict[str, type[Struct]] = {
    "Action record": ActionRecord,
    "Step record": StepRecord,
    "Outcome record": OutcomeRecord,
    "Card record": CardRecord,
    "Dead letter": DeadLetter,
}

MADE = "<!-- Made by `make docs`; changes are lost. -->\n"
LIQUID = (
    "Texts may hold [Liquid](https://shopify.github.io/liquid/), also in place of a number, duration or time"
)
EDITORS = """What documents hold, in YAML 1.2 or JSON.

Editors with the [YAML language server](https://github.com/redhat-developer/yaml-language-server), such as VS
Code with the YAML extension, complete and check definitions as they are written, by
[their JSON Schema](definition.schema.json), when a file begins with this line (PATH leads to this folder):

```yaml
# yaml-language-server: $schema=PATH/definition.schema.json
```

`contactflow check` has the last word: it sees what a schema cannot, such as a node that is missing.
"""


def pages() -> dict[str, str]:
    """File name to content."""
    made = {
        "events.md": events(),
        "conditions.md": conditions(),
        "actions.md": actions(),
        "definitions.md": definitions(),
        "records.md": records(),
    }
    return {name: MADE + "\n".join(parts).rstrip() + "\n" for name, parts in made.items()}


def events() -> Iterator[str]:
    """What `on` knows."""
    yield "# Events\n"
    yield (
        "What `on` knows. A parameter that is left out means any. "
        f"{LIQUID}; not in starts, rules and exits.\n"
    )
    yield from _contents(EVENTS)
    for name, entry in EVENTS.items():
        yield f"## `{name}`\n"
        yield meaning_of(entry) + (" A start only.\n" if name in START_ONLY else "\n")
        yield from _table(entry)
        yield _yaml(f"on: {_flow({'event': name}, notes('examples')['events'][name])}")


def conditions() -> Iterator[str]:
    """What `if` knows."""
    yield "# Conditions\n"
    yield (
        "What `if` knows. They are looked up on the whole card at that instant. "
        f"{LIQUID}. They compose with `not`, `all` and `any`.\n"
    )
    yield from _contents(CONDITIONS)
    for name, entry in CONDITIONS.items():
        yield f"## `{name}`\n"
        yield meaning_of(entry) + "\n"
        yield from _table(entry)
        yield _yaml(f"if: {_flow({'condition': name}, notes('examples')['conditions'][name])}")


def actions() -> Iterator[str]:
    """What `do` knows."""
    yield "# Actions\n"
    yield f"What `do` knows. Each leaves an action record. {LIQUID}.\n"
    yield from _contents(ACTIONS)
    for name, entry in ACTIONS.items():
        yield f"## `{name}`\n"
        yield f"{meaning_of(entry)} {KINDS[entry.kind]}\n"
        yield from _table(entry)
        example = notes("examples")["actions"][name]
        yield _yaml(f"do: {name}\nwith: {_flow(example, {})}" if example else f"do: {name}")


def definitions() -> Iterator[str]:
    """What documents and nodes hold."""
    yield "# Definitions\n"
    yield EDITORS
    for shape in dict.fromkeys(DOCUMENTS.values()):
        kinds = [kind for kind, of in DOCUMENTS.items() if of is shape]
        yield f"## {', '.join(f'`kind: {kind}`' for kind in kinds)}\n"
        examples = [notes("examples")["documents"][kind] for kind in kinds]
        yield from _section(shape, "---\n".join(examples), DOCUMENT_PARTS.get(kinds[0], []))
    yield "## Nodes\n"
    yield f"A node has exactly one of the keys {', '.join(f'`{key}`' for key in shapes.NODES)}.\n"
    for key, shape in shapes.NODES.items():
        yield f"### `{key}`\n"
        yield from _section(shape, notes("examples")["nodes"][key], NODE_PARTS.get(key, []))
    yield "## Conditions\n"
    yield (
        "A [condition](conditions.md), or `{not: C}`, `{all: [C, …]}`, `{any: [C, …]}` over others. "
        "`all: []` holds, `any: []` does not.\n"
    )
    yield from _table(shapes.ConditionShape)
    yield "## Types\n"
    for name, meaning in notes("meanings")["types"].items():
        yield f"### {name}\n\n{meaning}\n"


def records() -> Iterator[str]:
    """What goes in and what comes out."""
    yield "# Records\n"
    yield "One JSON object a line in files.\n"
    yield "## Contact event\n"
    yield "What goes in.\n"
    yield from _table(RawEvent)
    yield _json(notes("examples")["records"]["ContactEvent"])
    yield "### Types\n"
    yield "What `data` holds for each type of event. Fields beyond these are kept as they come.\n"
    for shape in dict.fromkeys(EVENT_DATA.values()):
        kinds = [kind for kind, of in EVENT_DATA.items() if of is shape]
        yield f"#### {', '.join(f'`{kind}`' for kind in kinds)}\n"
        yield meaning_of(shape) + "\n"
        yield from _table(shape)
        yield "```json"
        yield from (json.dumps({"type": k, "data": notes("examples")["data"][k]}) for k in kinds)
        yield "```\n"
    for title, shape in RECORDS.items():
        yield f"## {title}\n"
        yield meaning_of(shape) + "\n"
        yield from _table(shape)
        yield _json(notes("examples")["records"][shape.__name__])
        if shape is StepRecord:
            yield "| outcome | what happened |\n|---|---|"
            yield from (f"| `{name}` | {what} |" for name, what in notes("meanings")["outcomes"].items())
            yield ""


def _contents(names: Iterable[str]) -> Iterator[str]:
    yield ", ".join(f"[`{name}`](#{name})" for name in names) + ".\n"


def _section(shape: type[Struct], example: str, parts: list[type[Struct]]) -> Iterator[str]:
    yield meaning_of(shape) + "\n"
    yield from _table(shape)
    yield _yaml(example)
    for part in parts:
        yield f"#### {definition_name(part).replace('_', ' ')}\n"
        yield meaning_of(part) + "\n"
        yield from _table(part)


def _table(shape: type[Struct]) -> Iterator[str]:
    fields = fields_of(shape)
    if not fields:
        return
    yield "| name | type | default | meaning |\n|---|---|---|---|"
    for field in fields:
        kind, default = type_of(shape, field), default_of(field)
        yield f"| `{field.name}` | {kind} | {default} | {field_meaning(shape, field.name)} |"
    yield ""


def _yaml(text: str) -> str:
    return f"```yaml\n{text.rstrip()}\n```\n"


def _json(tree: Any) -> str:
    return f"```json\n{json.dumps(tree)}\n```\n"


def _flow(tree: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
    """A tree on one line of YAML."""
    whole = {**tree, "with": dict(parameters)} if parameters else dict(tree)
    return _written(whole)


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, str) and _is_plain(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _is_plain(text: str) -> bool:
    """Whether a text needs no quotes."""
    words = text.replace("-", "").replace("_", "").replace(" ", "").replace("/", "")
    spaced = text != text.strip() or text.startswith("-")
    return words.isalnum() and not words[0].isdigit() and not spaced and text not in ("true", "false", "null")
