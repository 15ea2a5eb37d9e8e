"""The kiosk as a service: what is written, that it is undone exactly, and what systemd itself says of the unit."""

from __future__ import annotations

import re
import shutil
import subprocess
from importlib.util import find_spec

import pytest
from click.testing import CliRunner

from dancelike.__main__ import main

UNIT = "etc/systemd/system/dancelike-kiosk.service"


def tree(root):
    return {str(p.relative_to(root)): p.read_bytes() if p.is_file() else None for p in sorted(root.rglob("*"))}


def run(*args):
    return CliRunner().invoke(main, ["kiosk", *map(str, args)])


@pytest.fixture
def root(tmp_path):
    (tmp_path / "etc" / "udev").mkdir(parents=True)
    (tmp_path / "etc" / "hostname").write_text("hallway\n")
    return tmp_path


def test_install_and_uninstall_leave_no_trace(root):
    before = tree(root)
    done = run("install", "--root", root, "--command", "/opt/dancelike/bin/dancelike kiosk")
    assert (done.exit_code, "systemctl enable --now dancelike-kiosk" in done.output) == (0, True)
    unit = (root / UNIT).read_text()
    assert "ExecStart=/opt/dancelike/bin/dancelike kiosk\n" in unit
    assert "@" not in re.sub(r"SystemCallFilter=.*|journald@", "", unit)
    assert len(tree(root)) > len(before) + 6
    assert run("uninstall", "--root", root).exit_code == 0
    assert tree(root) == before


def test_what_people_changed_is_left_and_named(root):
    run("install", "--root", root)
    (root / "etc/dancelike/kiosk.toml").write_text('[kiosk]\ncamera = "test"\n')
    done = run("uninstall", "--root", root)
    assert "kiosk.toml: it was changed after the installation" in done.output
    left = [name for name, data in tree(root).items() if data is not None]
    assert left == ["etc/dancelike/kiosk.toml", "etc/hostname"]
    # The next installation does not touch it either, and its removal leaves it.
    assert run("install", "--root", root).exit_code == 0
    assert run("uninstall", "--root", root).exit_code == 0
    assert (root / "etc/dancelike/kiosk.toml").read_text() == '[kiosk]\ncamera = "test"\n'


def test_installing_twice_and_over_foreign_files_is_refused_and_changes_nothing(root):
    run("install", "--root", root)
    before = tree(root)
    done = run("install", "--root", root)
    assert (done.exit_code, "is installed; uninstall it first" in done.output) == (2, True)
    assert tree(root) == before
    run("uninstall", "--root", root)
    (root / "etc/udev/rules.d").mkdir()
    (root / "etc/udev/rules.d/70-dancelike-kiosk.rules").write_text("# mine\n")
    before = tree(root)
    done = run("install", "--root", root)
    assert (done.exit_code, "is there already, and not from" in done.output) == (6, True)
    assert tree(root) == before
    done = run("uninstall", "--root", root)
    assert (done.exit_code, "the kiosk is not installed here; nothing done" in done.output) == (2, True)


@pytest.mark.parametrize(("version", "wanted"), [("252", False), ("254", True)])
def test_the_back_off_of_systemd_is_used_where_there_is_one(root, version, wanted):
    library = root / f"usr/lib/aarch64-linux-gnu/systemd/libsystemd-shared-{version}.so"
    library.parent.mkdir(parents=True)
    library.touch()
    run("install", "--root", root)
    assert ("RestartMaxDelaySec=20" in (root / UNIT).read_text()) is wanted


def test_the_service_has_a_screen_unless_there_is_none(root):
    run("install", "--root", root, "--headless")
    assert " kiosk --headless --config /etc/dancelike/kiosk.toml\n" in (root / UNIT).read_text()
    run("uninstall", "--root", root)
    run("install", "--root", root)
    assert ("--headless" in (root / UNIT).read_text()) is (find_spec("PyQt6") is None)


def test_a_program_in_a_home_can_be_read_there(root):
    run("install", "--root", root, "--command", "/home/pi/dancelike/.venv/bin/dancelike kiosk")
    assert "ProtectHome=read-only\n" in (root / UNIT).read_text()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed on this machine")
def test_systemd_finds_no_fault_and_little_exposure(root):
    run("install", "--root", root, "--command", "/bin/true kiosk")
    verified = subprocess.run(
        ["systemd-analyze", "verify", str(root / UNIT)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=30", str(root / UNIT)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout[-300:]
    level = re.search(r"Overall exposure level for .*: ([\d.]+)", judged.stdout)
    assert level is not None
    assert float(level.group(1)) <= 3.0
