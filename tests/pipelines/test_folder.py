from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.live.failures import RunRefused
from pipelines.live.files_run import FilesRun, run_files
from pipelines.live.folder import Manifest, OutFolder, newest_checkpoint, remove_checkpoints


def file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def run(folder: Path, **options: object) -> FilesRun:
    events = folder / "events.jsonl"
    events.touch()
    asked: dict[str, object] = {"definitions": {}, "events": [events], "out": folder / "out"} | options
    return FilesRun(**asked)  # type: ignore[arg-type]


def refusal(asked: FilesRun) -> str:
    with pytest.raises(RunRefused) as refused:
        run_files(asked, lambda _: None)
    return str(refused.value)


def test_refuses_a_folder_with_something_in_it(tmp_path: Path) -> None:
    file(tmp_path / "out" / "actions" / "part-1.jsonl")
    assert "is not empty" in refusal(run(tmp_path))
    assert "is not the output of a run" in refusal(run(tmp_path, resume=True))


def test_refuses_a_file(tmp_path: Path) -> None:
    file(tmp_path / "out")
    assert "is a file" in refusal(run(tmp_path))
    assert "Not a directory" in refusal(run(tmp_path, out=tmp_path / "out" / "deeper"))


def test_refuses_events_that_cannot_be_read(tmp_path: Path) -> None:
    assert refusal(run(tmp_path, events=[tmp_path / "none"])) == f"{tmp_path}/none: No such file or directory"
    assert refusal(run(tmp_path, events=[tmp_path])) == f"{tmp_path}: Is a directory"


def test_refuses_to_resume_another_run(tmp_path: Path) -> None:
    out = OutFolder(tmp_path / "out")
    file(out.path / "actions" / "part-1.jsonl")
    file(out.private / "lock")
    out.note(Manifest("of others", "heap", str(out.private / "checkpoints"), 0))
    said = refusal(run(tmp_path, resume=True))
    assert said.endswith("cannot be resumed: its definitions, events or options were others")


def test_refuses_pools_for_several_tasks(tmp_path: Path) -> None:
    assert "--parallelism 1" in refusal(run(tmp_path, parallelism=2, pools={"codes": ["a"]}))


def test_is_taken_by_one_run_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.live.folder._LOCK_SECONDS", 0)
    one, other = OutFolder(tmp_path), OutFolder(tmp_path)
    with one.taken(), pytest.raises(RunRefused, match="another run is writing"), other.taken():
        pass
    with other.taken():
        pass


def test_keeps_the_manifest(tmp_path: Path) -> None:
    out = OutFolder(tmp_path)
    assert out.manifest() is None
    with out.taken():
        out.note(Manifest("inputs", "heap", "/checkpoints", 7, attempt=2))
        assert out.manifest() == Manifest("inputs", "heap", "/checkpoints", 7, attempt=2)


def test_knows_the_newest_file_finished_or_not(tmp_path: Path) -> None:
    out = OutFolder(tmp_path)
    assert out.newest("steps") == 0
    file(tmp_path / "steps" / "part-0000000000012-x-0.jsonl")
    file(tmp_path / "steps" / ".part-0000000000013-x-0.jsonl.inprogress.y")
    assert out.newest("steps") == 13
    out.sweep()
    assert out.newest("steps") == 12


def test_finds_the_newest_checkpoint_that_is_complete(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path) is None
    file(tmp_path / "attempt-0001" / "job" / "chk-9" / "_metadata")
    newest = file(tmp_path / "attempt-0002" / "job" / "chk-10" / "_metadata").parent
    file(tmp_path / "attempt-0002" / "job" / "chk-11" / "half")
    file(tmp_path / "attempt-0002" / "job" / "shared" / "part")
    assert newest_checkpoint(tmp_path) == newest


def test_removes_checkpoints_and_nothing_else(tmp_path: Path) -> None:
    kept = file(tmp_path / "checkpoints" / "mine")
    file(tmp_path / "checkpoints" / "attempt-0001" / "job" / "chk-9" / "_metadata")
    remove_checkpoints(tmp_path / "checkpoints")
    assert list((tmp_path / "checkpoints").iterdir()) == [kept]
    kept.unlink()
    remove_checkpoints(tmp_path / "checkpoints")
    assert not (tmp_path / "checkpoints").exists()
