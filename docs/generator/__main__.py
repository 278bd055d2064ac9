"""`python -m docs.generator` writes docs/reference."""

from __future__ import annotations

import json
from pathlib import Path

from docs.generator.definition_schema import definition_schema
from docs.generator.notes import field_meaning
from docs.generator.pages import pages

REFERENCE = Path(__file__).parents[1] / "reference"


def reference() -> dict[str, str]:
    """File name to content of everything that is made."""
    schema = json.dumps(definition_schema(field_meaning), indent=1, ensure_ascii=False)
    return {**pages(), "definition.schema.json": schema + "\n"}


if __name__ == "__main__":
    REFERENCE.mkdir(exist_ok=True)
    for name, content in reference().items():
        (REFERENCE / name).write_text(content, encoding="utf-8")
