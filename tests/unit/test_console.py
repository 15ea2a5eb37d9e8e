"""What a command says when something goes wrong, and what it returns."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from dancelike.__main__ import main
from dancelike.console import Manners, Quantity, common_options, unexpected, write_atomically
from dancelike.errors import NoDancerError, OutputError


def run(error: BaseException, *arguments: str):
    @click.command()
    @common_options
    def command(manners: Manners) -> None:
        raise error

    return CliRunner().invoke(command, arguments)


def in_a_task() -> KeyError:
    error = KeyError("left_hand")
    error.add_note("in task 'judge', process of take #3 at 1/30 s")
    return error


def test_an_unexpected_error_of_a_task_is_one_sentence():
    result = run(in_a_task())
    assert result.exit_code == 70
    assert result.stderr.startswith("dancelike: an unexpected KeyError ('left_hand') ended the run in task 'judge'")
    assert "run it again with --debug and report the traceback" in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_debug_adds_the_traceback():
    result = run(in_a_task(), "--debug")
    assert result.exit_code == 70
    assert "Traceback (most recent call last)" in result.stderr
    assert result.stderr.splitlines()[-1].endswith("please report the traceback above.")


@pytest.mark.parametrize(
    ("error", "code", "word"),
    [
        (NoDancerError("Nobody is in a.mp4; film the whole body."), 4, "dancelike: Nobody is in a.mp4"),
        (click.UsageError("no such thing"), 2, "no such thing"),
        (KeyboardInterrupt(), 130, "Interrupted."),
    ],
)
def test_expected_errors_keep_their_code(error, code, word):
    result = run(error)
    assert result.exit_code == code
    assert word in result.stderr


def test_an_error_without_words_still_has_its_name():
    assert str(unexpected(ValueError(), debug=False)).startswith("an unexpected ValueError ended the run; ")
    assert "two" not in str(unexpected(ValueError("one\ntwo"), debug=False))


@pytest.mark.parametrize(("text", "exit_code"), [("nan", 2), ("-nan", 2), ("inf", 2), ("0.4", 2), ("0.5", 0)])
def test_a_quantity_is_a_number_within_its_bounds(text: str, exit_code: int):
    @click.command()
    @click.option("--seconds", type=Quantity(0.5, 10))
    def command(seconds: float) -> None:
        assert 0.5 <= seconds <= 10

    assert CliRunner().invoke(command, ["--seconds", text]).exit_code == exit_code


def test_an_interruption_while_a_door_is_imported_is_one(monkeypatch):
    def interrupted(_name):
        raise KeyboardInterrupt

    monkeypatch.setattr("dancelike.__main__.importlib.import_module", interrupted)
    result = CliRunner().invoke(main, ["doctor"])
    assert (result.exit_code, result.stderr) == (130, "Interrupted.\n")


def test_a_question_that_nobody_answers_is_an_interruption():
    result = run(click.Abort())
    assert result.exit_code == 130
    assert result.stderr == "Interrupted.\n"


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(pipe, b"figures")
        assert os.read(reader, 100) == b"figures"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path):
    link, there = tmp_path / "link", tmp_path / "there"
    link.symlink_to(there)
    write_atomically(link, b"one")
    write_atomically(link, b"two")
    assert link.is_symlink()
    assert there.read_bytes() == b"two"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_device_that_is_full_is_told_and_stays():
    full = Path("/dev/full")
    if not full.is_char_device():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(OutputError, match="/dev/full cannot be written: no space left"):
        write_atomically(full, b"figures")
    assert full.is_char_device()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_of_which_a_library_makes_another_error_is_an_interrupt(number):
    @click.command()
    @common_options
    def command(manners: Manners) -> None:
        try:
            os.kill(os.getpid(), number)
        except KeyboardInterrupt as error:
            raise RuntimeError("Error calling __set_name__ on 'Field' instance") from error

    before = signal.getsignal(number)
    result = CliRunner().invoke(command)
    assert (result.exit_code, result.stderr) == (130, "Interrupted.\n")
    assert signal.getsignal(number) is before


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="this system has no timers that signal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_waits_until_a_library_is_imported(tmp_path: Path, number):
    # One that would swallow it: seen with libraries that try one import after another.
    (tmp_path / "stubborn.py").write_text(
        f"import os\ntry:\n    os.kill(os.getpid(), {int(number)})\n    whole = True\n"
        "except KeyboardInterrupt:\n    whole = False\n"
    )
    (tmp_path / "tool.py").write_text(
        "import time, click\nfrom dancelike.console import common_options\n"
        "@click.command()\n@common_options\ndef tool(manners):\n"
        "    import stubborn\n    print(stubborn.whole, flush=True)\n    time.sleep(30)\n    print('not interrupted')\n"
        "tool()\n"
    )
    done = subprocess.run(
        [sys.executable, "tool.py"], cwd=tmp_path, capture_output=True, text=True, timeout=25, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "True\n", "Interrupted.\n")
