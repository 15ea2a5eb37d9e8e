"""``dancelike kiosk install`` and ``uninstall``: the service on a machine, and off it again without a trace."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from contextlib import suppress
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import click

from dancelike.console import Manners, common_options, write_atomically
from dancelike.errors import ConfigError, OutputError

__all__ = ["install", "uninstall"]

PLACES = {
    "dancelike-kiosk.service": "etc/systemd/system/dancelike-kiosk.service",
    "tmpfiles.conf": "etc/tmpfiles.d/dancelike-kiosk.conf",
    "udev.rules": "etc/udev/rules.d/70-dancelike-kiosk.rules",
    "journald.conf": "etc/systemd/journald@dancelike.conf",
    "kiosk.toml": "etc/dancelike/kiosk.toml",
}
KEPT = {"kiosk.toml"}  # written by people, too: an existing one is left alone
RECORD = "etc/dancelike/installed.json"
ADVICE = "run it as root, or choose another --root"
STEPS = 254  # the systemd that knows RestartSteps

Root = click.Path(path_type=Path, file_okay=False)
root_option = click.option("--root", type=Root, default=Path("/"), show_default=True, help="Root of the system.")


@click.command()
@root_option
@click.option("--command", help="How the service starts the kiosk.  [default: this dancelike]")
@click.option("--headless", is_flag=True, help="Without a screen.  [default: where PyQt6 is not installed]")
@common_options
def install(root: Path, command: str | None, headless: bool, manners: Manners) -> None:
    """Write the systemd unit, the tmpfiles and the udev rule; enabling it is left to you."""
    if not root.is_dir():
        raise ConfigError(f"--root must be a folder, but {root} is none; choose another one.")
    if (root / RECORD).exists():
        raise ConfigError(f"{root / RECORD} says that the kiosk is installed; uninstall it first.")
    written: dict[str, str] = {}
    folders: list[str] = []
    try:
        for name, place in PLACES.items():
            path = root / place
            if path.exists() and name not in KEPT:
                raise OutputError(f"{path} is there already, and not from 'dancelike kiosk install'; move it away.")
            if not path.exists():
                folders += [str(f.relative_to(root)) for f in path.parents if not f.exists()]
                data = text_of(name, command or default_command(headless=headless), systemd_version(root)).encode()
                written[place] = hashlib.sha256(data).hexdigest()
                write_atomically(path, data, advice=ADVICE)
        record = json.dumps({"files": written, "folders": folders}, indent=1).encode()
        write_atomically(root / RECORD, record, advice=ADVICE)
    except BaseException:
        remove(root, written, folders)
        raise
    if not manners.quiet:
        for place in written:
            click.echo(f"Wrote {root / place}")
        click.echo("Next: systemctl daemon-reload && systemctl enable --now dancelike-kiosk")


@click.command()
@root_option
@common_options
def uninstall(root: Path, manners: Manners) -> None:
    """Remove what install wrote; a file that was changed since is left, and named."""
    try:
        record = json.loads((root / RECORD).read_text(encoding="utf-8"))
        written, folders = dict(record["files"]), list(record["folders"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{root / RECORD} cannot be read, so the kiosk is not installed here; nothing done."
        ) from error
    try:
        (root / RECORD).unlink()
        left = remove(root, written, folders)
    except OSError as error:
        raise OutputError(f"{error.filename} cannot be removed: {(error.strerror or '').lower()}; {ADVICE}.") from error
    for path in left:
        click.echo(f"Left {path}: it was changed after the installation.", err=True)
    if not manners.quiet:
        click.echo("Next: systemctl disable --now dancelike-kiosk; systemctl daemon-reload")


def remove(root: Path, written: dict[str, str], folders: list[str]) -> list[Path]:
    """Remove these files unless they were changed, and the folders that are empty then; return what was left."""
    left = []
    for place, sha256 in written.items():
        path = root / place
        if not path.exists():
            continue
        if hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            path.unlink()
        else:
            left.append(path)
    for folder in sorted(set(folders), key=len, reverse=True):
        with suppress(OSError):  # not empty
            (root / folder).rmdir()
    return left


def default_command(*, headless: bool) -> str:
    """Return how this very program is started."""
    program = Path(sys.argv[0]).resolve()
    found = program if program.name == "dancelike" else Path(shutil.which("dancelike") or "/usr/bin/dancelike")
    screen = "" if find_spec("PyQt6") is not None and not headless else " --headless"
    return f"{found} kiosk{screen} --config /etc/dancelike/kiosk.toml"


def systemd_version(root: Path) -> int:
    """Return the version of the systemd that is installed there, by the name of its library; 0 for none."""
    names = [p.name for p in root.glob("usr/lib/**/systemd/libsystemd-shared-*.so")]
    return max((int(number) for name in names for number in re.findall(r"shared-(\d+)", name)), default=0)


def text_of(name: str, command: str, version: int) -> str:
    """Return one of the files as it is to be written."""
    text = files("dancelike.kiosk").joinpath("static", name).read_text(encoding="utf-8")
    homes = ("/home/", "/root/")
    restart = "RestartSteps=4\nRestartMaxDelaySec=20\n" if version >= STEPS else ""
    for key, value in {
        "@COMMAND@": command,
        "@RESTART@\n": restart,
        "@HOME@": "read-only" if command.startswith(homes) else "yes",
    }.items():
        text = text.replace(key, value)
    return text
