"""What goes into the image: the packages with all that they load at run time, and files that are there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
IMAGE = (ROOT / "deploy" / "Dockerfile").read_text()
BUILT = "pipelines/java/target/"


def test_the_wheel_has_every_file_of_the_packages(tmp_path: Path) -> None:
    tracked = _tracked(*ROOMS)
    for name in (*tracked, "setup.py", "pyproject.toml"):
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / "src" / name)
    offline = ("--no-deps", "--no-build-isolation", "--no-index")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", *offline, "-w", tmp_path / "wheel", tmp_path / "src"],
        check=True,
    )
    (wheel,) = (tmp_path / "wheel").glob("contactflow-*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == {name for name in tracked if not name.startswith("pipelines/java/")}


def test_the_image_copies_what_is_there() -> None:
    sources = [
        source
        for copied in re.findall(r"^COPY (?!--from)(.+)$", IMAGE, re.MULTILINE)
        for source in copied.split()[:-1]
    ]
    assert set(ROOMS) < set(sources)
    tracked = _tracked()
    for source in sources:
        known = source in tracked or any(name.startswith(f"{source}/") for name in tracked)
        assert known or source.startswith(BUILT), source


def _tracked(*paths: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "--", *paths], cwd=ROOT, check=True, capture_output=True)
    return listed.stdout.decode().splitlines()
