"""A dance as one file: it travels whole, and what was tampered with is refused in one sentence."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dancelike.errors import BundleError, CancelledError, DuplicateDanceError, LibraryError
from dancelike.library import Dance, Library, Section
from tests.shelf import add_dance, dance_once, files_of

CLIP = b"clip of a dance" * 100_000


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A dance with all that can be said of it, in one file."""
    with Library(tmp_path / "first") as library:
        sections = (Section("Verse", 0.0, 6.0, 16), Section("副歌", 6.0, 12.0))
        dance = add_dance(library, tmp_path, CLIP, title="月光", tempo_bpm=96.0, first_beat_s=0.25, sections=sections)
        library.set_thumbnail(dance.id, b"\x89PNG still")
        dance_once(library, dance)
        return library.export_dance(dance.id, tmp_path / "moon.dance")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    with Library(tmp_path / "second") as library:
        yield library


def same(dance: Dance) -> tuple[Any, ...]:
    return (
        dance.title,
        dance.duration_s,
        dance.frames,
        dance.frame_rate,
        dance.size,
        dance.has_audio,
        dance.tempo_bpm,
        dance.first_beat_s,
        dance.sections,
        dance.sha256,
        dance.bytes,
    )


def test_a_dance_travels_whole_and_without_its_takes(bundle: Path, library: Library, tmp_path: Path) -> None:
    shares: list[float] = []
    dance = library.import_dance(bundle, on_progress=shares.append)
    with Library(tmp_path / "first") as first:
        assert same(dance) == same(first.dances()[0])
    assert dance.clip.read_bytes() == CLIP
    assert dance.thumbnail is not None
    assert dance.thumbnail.read_bytes() == b"\x89PNG still"
    assert (dance.takes, library.takes()) == (0, ())
    assert shares[-1] == 1.0
    assert library.check() == ()
    with pytest.raises(DuplicateDanceError, match="already, as '月光'"):
        library.import_dance(bundle)


def test_the_same_dance_gives_the_same_bytes(bundle: Path, library: Library, tmp_path: Path) -> None:
    dance = library.import_dance(bundle)
    again = library.export_dance(dance.id, tmp_path / "again.dance")
    assert again.read_bytes() == bundle.read_bytes()


def rewritten(bundle: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None], **options: Any) -> Path:
    """Write the file anew after ``change`` had its way with manifest and members."""
    with zipfile.ZipFile(bundle) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members.pop("dance.json"))
    change(manifest, members)
    target = bundle.with_name("changed.dance")
    with zipfile.ZipFile(target, "w", **options) as archive:
        if manifest:
            archive.writestr("dance.json", json.dumps(manifest))
        for name, data in members.items():
            archive.writestr(name, data)
    return target


def _escape(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    manifest["files"]["clip"]["name"] = "../../escaped.mp4"
    members["../../escaped.mp4"] = members.pop("clip.mp4")


def _absolute(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    manifest["files"]["clip"]["name"] = "/escaped.mp4"
    members["/escaped.mp4"] = members.pop("clip.mp4")


def _other_bytes(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    members["clip.mp4"] = bytes(reversed(members["clip.mp4"]))


def _larger(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    members["clip.mp4"] += b"more"


def _lacking(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    del members["clip.mp4"]


def _newer(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    manifest["schema"] = "dancelike.dance/2"


def _other_schema(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    manifest["schema"] = "cake"


def _no_manifest(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    manifest.clear()


def _huge_claim(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    manifest["files"]["clip"]["bytes"] = 1 << 50


def _no_rate(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    manifest["frame_rate"] = "30/0"


def _endless(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    manifest["duration_s"] = 1e999


def _bad_section(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    manifest["sections"] = [{"name": "x", "start_s": 5, "end_s": 1, "counts": None}]


def _strange_files(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
    manifest["files"] = ["clip.mp4"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_escape, r"names its clip '\.\./\.\./escaped\.mp4', which would lie outside its folder; do not trust it"),
        (_absolute, r"names its clip '/escaped\.mp4', which would lie outside its folder"),
        (_other_bytes, r"is damaged: its member 'clip\.mp4' has SHA-256 .*, but .* is expected; export it again"),
        (_larger, r"holds a clip of 1,500,004 bytes, but its dance\.json says 1,500,000; export it again"),
        (_lacking, r"lacks its clip 'clip\.mp4'; export it again"),
        (_newer, r"is of schema dancelike\.dance/2, but this dancelike reads dancelike\.dance/1: update dancelike"),
        (_other_schema, r"is not a dance that dancelike exported: its dance\.json has no such schema"),
        (_no_manifest, r"holds no dance\.json, so it is not a dance that dancelike exported"),
        (_huge_claim, r"says that its clip has 1,125,899,906,842,624 bytes, which cannot be right"),
        (_no_rate, r"describes no dance \(ZeroDivisionError"),
        (_endless, r"describes no dance \(.*of no size or length"),
        (_bad_section, r"describes no dance \(section 'x' must begin at 0 s or later and end after that"),
        (_strange_files, r"describes no dance \(KeyError 'clip'"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_what_is_wrong_with_a_file_is_one_sentence(
    bundle: Path, library: Library, tmp_path: Path, change: Callable[..., None], sentence: str
) -> None:
    before, outside = files_of(library.folder), set(tmp_path.iterdir())
    changed = rewritten(bundle, change)
    with pytest.raises(BundleError, match=sentence) as caught:
        library.import_dance(changed)
    assert "\n" not in str(caught.value)
    assert library.dances() == ()
    assert files_of(library.folder) - before <= {"dances"}
    assert set(tmp_path.iterdir()) - outside == {changed}


def test_a_small_file_cannot_fill_the_disk(bundle: Path, library: Library) -> None:
    def zeros(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        members["clip.mp4"] = bytes(50_000_000)
        manifest["files"]["clip"]["bytes"] = 50_000_000

    bomb = rewritten(bundle, zeros, compression=zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 100_000
    with pytest.raises(BundleError, match="holds a compressed clip, but dancelike stores them as they are"):
        library.import_dance(bomb)


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"PK\x03\x04" + bytes(200)])
def test_other_files_are_refused(library: Library, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.dance"
    path.write_bytes(content)
    with pytest.raises(BundleError, match=r"cannot be read as an exported dance: .*; export it again"):
        library.import_dance(path)
    with pytest.raises(BundleError, match="does not exist; check the path"):
        library.import_dance(tmp_path / "none.dance")
    with pytest.raises(BundleError, match="cannot be read: is a directory"):
        library.import_dance(tmp_path)


def test_a_file_damaged_anywhere_is_refused_or_gives_the_same_dance(bundle: Path, library: Library) -> None:
    whole = bundle.read_bytes()
    with zipfile.ZipFile(bundle) as archive:
        heads = [info.header_offset + k for info in archive.infolist() for k in range(0, 60, 7)]
    places = [*heads, *range(len(whole) - 400, len(whole), 13), len(whole) // 2]
    expected, taken = None, 0
    for place in places:
        data = bytearray(whole)
        data[place] ^= 0xFF
        bundle.write_bytes(data)
        try:
            dance = library.import_dance(bundle)
        except BundleError:
            assert library.dances() == ()
        else:  # a byte that says nothing about the dance, such as its date in the archive
            taken += 1
            expected = expected or same(dance)
            assert same(dance) == expected
            assert dance.clip.read_bytes() == CLIP
            library.delete_dance(dance.id)
    assert taken < len(places)


def test_a_truncated_file_is_refused(bundle: Path, library: Library) -> None:
    whole = bundle.read_bytes()
    for share in (0.1, 0.5, 0.99):
        bundle.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(BundleError):
            library.import_dance(bundle)
    assert library.dances() == ()


def test_a_cancelled_export_leaves_the_file_that_was_there(bundle: Path, tmp_path: Path) -> None:
    asked: list[None] = []

    def cancelled() -> bool:
        asked.append(None)
        return len(asked) > 6

    target = tmp_path / "out" / "kept.dance"
    target.parent.mkdir()
    target.write_bytes(b"earlier")
    with Library(tmp_path / "first") as library, pytest.raises(CancelledError):
        library.export_dance(library.dances()[0].id, target, cancelled=cancelled)
    assert [path.name for path in target.parent.iterdir()] == ["kept.dance"]
    assert target.read_bytes() == b"earlier"


def test_a_clip_that_was_changed_or_lost_is_not_exported(bundle: Path, tmp_path: Path) -> None:
    with Library(tmp_path / "first") as library:
        dance = library.dances()[0]
        dance.clip.write_bytes(os.urandom(100))
        with pytest.raises(LibraryError, match="the clip of '月光' was changed after it was imported"):
            library.export_dance(dance.id, tmp_path / "out.dance")
        assert "was changed" in library.check()[0].text
        dance.clip.unlink()
        with pytest.raises(LibraryError, match="a file of '月光' is missing or cannot be read"):
            library.export_dance(dance.id, tmp_path / "out.dance")
        assert "is missing" in library.check()[0].text
    assert not (tmp_path / "out.dance").exists()
