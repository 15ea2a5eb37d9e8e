"""Kills a process after each line that the library executes, and looks at what the next opening finds.

Run by tests/unit/test_library_crash.py as ``python -m tests.library_crash OPERATION FOLDER STRIDE FIRST``: it forks a
child for every STRIDE-th line, beginning with FIRST, until one child reaches the end. It prints how many were killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import dancelike.library
from dancelike.library import Dance, Library, Take, TakeState
from tests.shelf import Facts, add_dance, clip_file, dance_once, score_of

PACKAGE = str(Path(dancelike.library.__file__).parent)
SECRET = b"Zyzzyva"


def kill_at(line: int) -> Callable[[FrameType, str, Any], Any]:
    """A trace function that ends the process as ``kill -9`` would."""
    seen = 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal seen
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        if event == "line":
            seen += 1
            if seen >= line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    return trace


class Scene:
    """A library with two dances and takes, and what may have become of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template"
        with Library(self.template) as library:
            self.dance = add_dance(library, folder, b"clip one" * 1000, title="Zyzzyva")
            library.set_thumbnail(self.dance.id, b"\xff\xd8\xff thumb")
            self.kept = dance_once(library, self.dance, 70.0)
            self.begun = library.begin_take(self.dance.id)
            assert self.begun.recording is not None
            self.begun.recording.write_bytes(b"half")
            self.other = add_dance(library, folder, b"clip two" * 1000, title="Other")
            library.export_dance(self.other.id, folder / "other.dance")
            library.delete_dance(self.other.id)
            self.other = add_dance(library, folder, b"clip three" * 1000, title="Third")
        self.clip = clip_file(folder, b"clip new" * 400_000, "new.mp4")


def opening(scene: Scene, library: Library) -> None:
    """Nothing but opening a library with an unfinished take."""


def import_clip(scene: Scene, library: Library) -> None:
    library.import_clip(scene.clip, Facts())


def import_dance(scene: Scene, library: Library) -> None:
    library.import_dance(scene.folder / "other.dance")


def rename(scene: Scene, library: Library) -> None:
    library.rename_dance(scene.dance.id, "Renamed")


def thumbnail(scene: Scene, library: Library) -> None:
    library.set_thumbnail(scene.dance.id, b"\x89PNG other")


def delete(scene: Scene, library: Library) -> None:
    library.delete_dance(scene.dance.id)


def delete_take(scene: Scene, library: Library) -> None:
    library.delete_take(scene.kept.id)


def discard(scene: Scene, library: Library) -> None:
    library.discard_recording(scene.kept.id)


def begin(scene: Scene, library: Library) -> None:
    take = library.begin_take(scene.other.id)
    assert take.recording is not None
    take.recording.write_bytes(b"pictures")


def finish(scene: Scene, library: Library) -> None:
    library.finish_take(scene.begun.id, score_of(90.0), keep=True)


def export(scene: Scene, library: Library) -> None:
    library.export_dance(scene.other.id, scene.folder / "out" / "third.dance")


def titles(library: Library) -> set[str]:
    return {dance.title for dance in library.dances()}


def take_of(library: Library, take: Take) -> Take | None:
    return next((found for found in library.takes() if found.id == take.id), None)


def dance_of(library: Library, dance: Dance) -> Dance | None:
    return next((found for found in library.dances() if found.id == dance.id), None)


def look(operation: str, scene: Scene, library: Library) -> str:
    """Say which of the allowed states the library is in; anything else raises."""
    assert library.check() == (), library.check()
    leftovers = [path for path in library.folder.rglob("*") if path.name.endswith((".part", "-journal"))]
    assert not leftovers, leftovers
    dance, kept, begun = dance_of(library, scene.dance), take_of(library, scene.kept), take_of(library, scene.begun)
    assert dance_of(library, scene.other) is not None
    if operation == "delete":
        if dance is None:
            assert kept is None
            assert begun is None
            assert not list((library.folder / "takes").iterdir())
            for file in library.folder.rglob("*"):
                assert not file.is_file() or SECRET not in file.read_bytes(), file
            return "after"
        assert kept is not None
        assert begun is not None
        return "before"
    assert dance is not None
    if operation == "delete_take":
        return "after" if kept is None else "before"
    assert kept is not None
    if operation == "discard":
        if kept.recording is None:
            assert kept.score == 70.0
            return "after"
        assert kept.recording.is_file()
        return "before"
    if operation in ("import_clip", "import_dance"):
        extra = titles(library) - {"Zyzzyva", "Third"}
        assert len(extra) <= 1
        return "after" if extra else "before"
    if operation == "rename":
        assert dance.title in ("Zyzzyva", "Renamed")
        return "after" if dance.title == "Renamed" else "before"
    if operation == "thumbnail":
        assert dance.thumbnail is not None
        assert dance.thumbnail.read_bytes() in (b"\xff\xd8\xff thumb", b"\x89PNG other")
        return "after" if dance.thumbnail.suffix == ".png" else "before"
    if operation == "finish":
        assert begun is not None
        assert begun.recording is not None
        assert begun.recording.read_bytes() == b"half"
        return "after" if begun.state is TakeState.FINISHED else "before"
    if operation == "begin":
        others = library.takes(scene.other.id)
        assert len(others) <= 1
        return "after" if others else "before"
    if operation == "export":
        bundle = scene.folder / "out" / "third.dance"
        if bundle.exists():
            with zipfile.ZipFile(bundle) as archive:
                assert archive.testzip() is None
            return "after"
        return "before"
    return "after"


def main(operation: str, folder: Path, stride: int, first: int) -> None:
    """Kill at one line after another and look."""
    scene = Scene(folder)
    work = folder / "work"
    act = globals()[operation]
    killed, states = 0, []
    for line in range(first, 1_000_000, stride):
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(folder / "out", ignore_errors=True)
        shutil.copytree(scene.template, work)
        child = os.fork()
        if child == 0:
            library = None if operation == "opening" else Library(work)
            sys.settrace(kill_at(line))
            act(scene, library or Library(work))
            sys.settrace(None)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, f"the child failed before line {line}"
        else:
            assert os.WTERMSIG(status) == signal.SIGKILL
            killed += 1
        try:
            with Library(work) as library:
                states.append(look(operation, scene, library))
        except BaseException as error:
            error.add_note(f"killed at line {line} of {operation}")
            raise
        if os.WIFEXITED(status):
            break
    assert states == sorted(states, reverse=True), f"it went back: {states}"
    sys.stdout.write(f"{killed} {states.count('before')} {states.count('after')}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
