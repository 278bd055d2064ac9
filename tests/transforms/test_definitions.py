"""Definitions as they are handed to a job."""

import json

import pytest
from one_contact import packed, workflow

from transforms.definitions import DefinitionError, Definitions, Key

NOTE = {"do": "add_note", "with": {"text": "hi"}}


def body(**more: object) -> bytes:
    return json.dumps(workflow({"n": NOTE}, **more)).encode()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("workflow/cart@3", Key("workflow", "cart", 3)),
        ("policy/@1", Key("policy", "", 1)),
        ("email/news/2024@x@2", Key("email", "news/2024@x", 2)),
    ],
)
def test_a_key_is_written_as_kind_id_and_version(text: str, key: Key) -> None:
    assert Key.parse(text) == key
    assert str(key) == text


def test_the_newest_version_is_the_current_one_in_whatever_order_they_come() -> None:
    read = Definitions.read({"workflow/w@10": body(name="ten"), "workflow/w@9": body(name="nine")})
    assert read.current["w"].name == "ten"
    assert (read.of("w", 9).name, read.of("w", 10).name) == ("nine", "ten")


def test_a_status_stands_above_that_of_the_definition() -> None:
    read = Definitions.read({"workflow/w@1": body(status="draining"), "workflow/v@1": body(id="v")})
    assert read.statuses == {"w": "draining", "v": "active"}
    read = Definitions.read({"workflow/w@1": body(status="draining"), "status/w@1": b'"paused"'})
    assert (read.statuses, read.paused) == ({"w": "paused"}, {"w"})


def test_only_releases_that_move_runs_to_a_version_that_is_there_count() -> None:
    versions = {f"workflow/w@{n}": body() for n in (1, 2, 3)}
    releases = {"release/w@2": b'{"mode": "pin"}', "release/w@3": b"{}", "release/w@4": b'{"mode": "follow"}'}
    assert Definitions.read(versions | releases).releases == {}
    followed = Definitions.read(versions | {"release/w@2": b'{"mode": "follow"}'})
    assert [version for version, _ in followed.releases["w"]] == [2]
    assert [followed.moves_runs("w", version) for version in (1, 2, 3)] == [False, True, False]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("workflow/w@1", b'{"kind": "workflow"}', "workflow/w@1: workflow: missing key `id`"),
        ("policy/@1", b"[]", "policy/@1: the document needs a `kind`"),
        ("status/w@1", b'"asleep"', "status/w@1: Invalid enum value 'asleep'"),
        ("release/w@1", b'{"mode": "jump"}', "release/w@1: Invalid enum value 'jump'"),
        (
            "sms/s@1",
            b'{"kind": "sms", "id": "s", "body": "{{"}',
            "sms/s@1: sms `s`: the template does not parse",
        ),
    ],
)
def test_a_document_that_cannot_be_used_is_named(name: str, text: bytes, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        Definitions.read({name: text})
    assert str(caught.value).startswith(message)


def test_without_documents_nothing_happens_and_every_message_may_go() -> None:
    read = Definitions.read(packed())
    assert (read.current, read.settings.attribution) == ({}, "last")
    assert {channel: (rules.caps, rules.quiet) for channel, rules in read.channels.items()} == dict.fromkeys(
        ("email", "sms", "web_push", "text_message"), ((), None)
    )
