"""The catalogue: what it says, where the files are, and what happens when something is wrong."""

from __future__ import annotations

import hashlib
import logging
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dancelike.bundled import bundled_path
from dancelike.errors import ModelError, ModelNotFoundError, OutputError
from dancelike.vision import catalogue as catalogue_module
from dancelike.vision import fetching, load_segmenter
from dancelike.vision.catalogue import check_model, list_models, load_catalogue, model_folders, show_model
from dancelike.vision.fetching import fetch_model, install_from_wheel

BUNDLED = bundled_path("models")
MANIFEST = (BUNDLED / "manifest.toml").read_text()
NETWORK = b"weights of a network"


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder named by ``DANCELIKE_MODELS``, before all others, and a home without models."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setenv("DANCELIKE_MODELS", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return folder


def small(own, *, content=NETWORK, default="tiny"):
    """A catalogue of two one-file models, of which only the file of ``tiny`` is written."""
    digest = hashlib.sha256(NETWORK).hexdigest()
    lines = ["format = 1", "[default]", *(f'{use} = ["{default}", "tiny"]' for use in ("offline", "live", "pi"))]
    for name in ("tiny", "huge"):
        lines += [f"[model.{name}]", 'kind = "labelmap"', 'title = "T"', 'licence = "Apache-2.0"', "joints = false"]
        lines += ['licence_file = "L"', 'credit = "C"', f"[model.{name}.source]", 'package = "p"', 'version = "1"']
        lines += ['python = "3.11"', 'implementation = "cp"', 'platform = "any"', f"[model.{name}.files.network]"]
        lines += [f'file = "{name}.tflite"', f'sha256 = "{digest}"', f"bytes = {len(NETWORK)}", 'input = "i"']
        lines += ['output = "o"', f'member = "p/{name}.tflite"']
    (own / "manifest.toml").write_text("\n".join(lines))
    (own / "tiny.tflite").write_bytes(content)
    return load_catalogue()


def wheel(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_the_bundled_models_are_ready_and_what_the_catalogue_says():
    catalogue = load_catalogue()
    for entry in catalogue.entries:
        status = check_model(entry.name)
        assert (status.state, status.problem) == ("ready", None)
        assert (BUNDLED / entry.licence_file).is_file()
    assert catalogue.find("default").default_for
    assert catalogue.find("default:pi") in catalogue.entries


def test_every_default_is_the_best_of_the_measured_ones():
    """The manifest holds the table that its choice rests on."""
    catalogue = load_catalogue()
    figures = {entry.name: dict(entry.measured) for entry in catalogue.entries if entry.measured}
    assert {"blazepose-full", "parts-fast", "parts-accurate"} <= set(figures)
    for entry in catalogue.entries:
        if entry.default_for:
            own = figures[entry.name]
            for name, other in figures.items():
                assert own["demo_score"] >= other["demo_score"], name
                assert own["ten_parts"] >= other["ten_parts"], name


def test_the_folders_are_searched_in_order(own):
    folders = model_folders()
    assert folders[0] == own
    assert folders[-1] == BUNDLED
    assert show_model("default").folder == BUNDLED


def test_an_unknown_model_is_answered_with_those_that_exist():
    for ask in (show_model, check_model, fetch_model, load_segmenter):
        with pytest.raises(ModelNotFoundError, match="no model called 'waltz'; the catalogue has blazepose-full"):
            ask("waltz")
    with pytest.raises(ModelNotFoundError, match="no default model for 'moon'; defaults exist for offline, live, pi"):
        show_model("default:moon")
    with pytest.raises(ModelNotFoundError, match=r"there is no model file .*none.tflite"):
        load_segmenter("none.tflite")


def test_a_missing_model_says_how_to_get_it(own):
    small(own)
    assert [status.state for status in list_models()] == ["ready", "missing"]
    assert "get it with: dancelike models fetch huge" in show_model("huge").problem
    with pytest.raises(ModelNotFoundError, match=r"the files of huge \(huge.tflite\) are in none of"):
        load_segmenter("huge")


def test_a_default_that_is_not_here_is_replaced_by_the_next_and_says_so_once(own, caplog):
    small(own, default="huge")
    catalogue_module._say_fallback.cache_clear()
    with caplog.at_level(logging.WARNING, "dancelike.vision.catalogue"):
        assert {show_model("default").entry.name for _ in range(3)} == {"tiny"}
    assert [record.getMessage() for record in caplog.records] == [
        "the model huge is not installed, tiny serves instead; get it with: dancelike models fetch huge"
    ]


def test_a_damaged_file_is_named(own):
    small(own, content=NETWORK[:-1])
    assert list_models()[0].state == "damaged"
    assert f"has {len(NETWORK) - 1} bytes, but must have {len(NETWORK)}" in check_model("tiny").problem
    small(own, content=NETWORK.upper())
    assert list_models()[0].state == "ready", "a list only compares sizes"
    with pytest.raises(ModelError, match=r"tiny.tflite has the SHA-256 .* but must have .* fetch tiny"):
        load_segmenter("tiny")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("format = 1", "format = 7", r"format is 7, but must be 1"),
        ("format = 1", "format =", r"cannot be read: .*line"),
        (
            "ten_parts = 0.",
            'ten_parts = "0."  # ',
            r"model.blazepose-full.measured.ten_parts is '0.', but must be a number",
        ),
        ('offline = "blazepose-full"', 'offline = "other"', r"default.offline is 'other', but must be one or more of"),
        ('kind = "blazepose"', 'kind = "magic"', r"model.blazepose-full.kind is 'magic', but must be one of blazepose"),
        ("joints = true", 'joints = "yes"', r"model.blazepose-full.joints is 'yes', but must be true or false"),
        ("bytes = 2959046", "bytes = -1", r"files.detector.bytes is -1, but must be a whole number above 0"),
        ("bytes = 2959046", "bytes = true", r"files.detector.bytes is True"),
        ('sha256 = "9ba9dd3d', 'sha256 = "XYZ', r"files.detector.sha256 is 'XYZ.*64 lower-case hexadecimal digits"),
        ('file = "pose_detection.tflite"', 'file = "../x"', r"files.detector.file is '../x', but must be a file name"),
        ("files.detector]", "files.extra]", r"files is 'extra, landmarks', but must be the tables detector, landmarks"),
        ('credit = "', '# credit = "', r"model.blazepose-full.credit is missing, but must be a text"),
        ('platform = "', '# platform = "', r"source.platform is missing, but must be a text"),
        ("[default]", "[defaults]", r"default is missing, but must be a table"),
    ],
)
def test_a_damaged_catalogue_names_file_key_and_value(own, old, new, words):
    path = own / "manifest.toml"
    assert old in MANIFEST
    path.write_text(MANIFEST.replace(old, new, 1))
    with pytest.raises(ModelError, match=rf"the catalogue of models .*manifest.toml.*{words}"):
        load_segmenter()


def test_a_catalogue_that_is_not_text_or_not_there_is_an_error(own):
    (own / "manifest.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match="cannot be read"):
        load_catalogue()
    with pytest.raises(ModelError, match=r"none.toml is missing; reinstall dancelike"):
        load_catalogue(own / "none.toml")


def test_files_come_out_of_a_wheel_whole(own, tmp_path):
    entry = small(own).find("huge")
    target = tmp_path / "new" / "folder"
    paths = install_from_wheel(entry, wheel(tmp_path / "p.whl", {"p/huge.tflite": NETWORK}), target)
    assert [path.read_bytes() for path in paths] == [NETWORK]
    assert [path.name for path in target.iterdir()] == ["huge.tflite"], "nothing else is left behind"


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"p/huge.tflite": NETWORK.upper()}, "is not the file that the catalogue names"),
        ({"p/huge.tflite": NETWORK * 2}, "is not the file that the catalogue names"),
        ({"p/other.tflite": NETWORK}, "does not hold"),
        (None, "cannot be read as a package"),
    ],
)
def test_a_wrong_wheel_installs_nothing(own, tmp_path, members, words):
    entry = small(own).find("huge")
    package = tmp_path / "p.whl"
    package.write_bytes(b"no archive") if members is None else wheel(package, members)
    with pytest.raises(ModelError, match=rf"{words}.*nothing was installed"):
        install_from_wheel(entry, package, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_a_folder_that_cannot_be_written_is_an_output_error(own, tmp_path):
    entry = small(own).find("huge")
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(OutputError, match="the model cannot be written to"):
        install_from_wheel(entry, wheel(tmp_path / "p.whl", {"p/huge.tflite": NETWORK}), blocked / "models")


def test_fetch_asks_pip_for_fixed_tags_and_installs_before_the_bundled_models(own, monkeypatch):
    small(own)
    asked = []

    def pip(command, **_):
        asked.append(command)
        wheel(Path(command[command.index("--dest") + 1]) / "p-1.whl", {"p/huge.tflite": NETWORK})
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", pip)
    said = []
    assert fetch_model("huge", say=said.append) == (own / "huge.tflite",)
    assert check_model("huge").state == "ready"
    assert said == ["downloading p 1", "taking huge.tflite out of it"]
    joined = " ".join(asked[0][1:])
    assert joined.startswith("-m pip download")
    for words in ("--no-deps", "--only-binary=:all:", "--python-version 3.11", "--implementation cp", "--platform any"):
        assert words in joined
    assert asked[0][-1] == "p==1"
    assert not Path(asked[0][asked[0].index("--dest") + 1]).exists(), "the wheel is thrown away"


def test_a_failed_download_tells_pips_last_word(own, monkeypatch):
    small(own)
    error = "a warning\nERROR: No matching distribution found for p==1.\n"
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 1, "", error))
    with pytest.raises(ModelError, match="could not download p==1: No matching distribution found for p==1; check"):
        fetch_model("huge")


def test_a_model_without_a_source_cannot_be_fetched(own):
    catalogue = small(own)
    bare = replace(catalogue, entries=tuple(replace(entry, source=None) for entry in catalogue.entries))
    with pytest.raises(ModelError, match="huge comes with dancelike and cannot be fetched"):
        fetch_model("huge", catalogue=bare)


@pytest.mark.network
@pytest.mark.slow
def test_the_real_package_carries_the_real_files(tmp_path):
    try:
        paths = fetch_model("blazepose-full", folder=tmp_path)
    except ModelError as error:
        if "could not download" in str(error):
            pytest.skip(f"the package registry does not answer: {error}")
        raise
    assert sorted(path.name for path in paths) == ["pose_detection.tflite", "pose_landmark_full.tflite"]
    assert fetching.user_folder() != tmp_path


@pytest.mark.slow
def test_the_path_of_a_known_network_loads_with_its_detector(tmp_path):
    copy = tmp_path / "renamed.tflite"
    copy.write_bytes((BUNDLED / "pose_landmark_full.tflite").read_bytes())
    with load_segmenter(copy) as segmenter:
        assert segmenter.name == "renamed.tflite"
        assert not segmenter.segment(np.zeros((32, 32, 3), np.uint8)).labels.any()
    with pytest.raises(ModelError, match=r"pose_detection.tflite is not a body-part model that dancelike can read"):
        load_segmenter(BUNDLED / "pose_detection.tflite")
    with pytest.raises(ModelError, match="is not a file"):
        load_segmenter(tmp_path)
