"""``dancelike devices`` says what there is, and what to do where there is nothing."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from dancelike.__main__ import main
from dancelike.errors import DeviceError
from dancelike.media.cameras import CameraDevice
from dancelike.media.sound_output import SoundDevice


@pytest.fixture
def machine(monkeypatch):
    """A function that says what is plugged in."""

    def has(cameras=(), outputs=(), problem=None):
        def sounds():
            if problem:
                raise DeviceError(problem)
            return outputs

        monkeypatch.setattr("dancelike.media.cameras.list_cameras", lambda: cameras)
        monkeypatch.setattr("dancelike.media.sound_output.list_sound_outputs", sounds)

    return has


def run(*arguments):
    result = CliRunner().invoke(main, ["devices", *arguments], env={"COLUMNS": "100", "NO_COLOR": "1"})
    assert result.exit_code == 0, result.output
    return result.output


def test_names_and_labels_are_listed(machine):
    machine(
        (CameraDevice("usb-Maker_HD", "HD [Webcam]", "/dev/video0"),),
        (SoundDevice("alsa_output.hdmi", "Television", True), SoundDevice("alsa_output.usb", "Headset")),
    )
    output = "\n".join(" ".join(line.split()) for line in run().splitlines())
    assert "Cameras\nusb-Maker_HD HD [Webcam] /dev/video0" in output
    assert "alsa_output.hdmi Television default" in output
    assert "alsa_output.usb" in output


def test_nothing_is_told_with_what_to_do(machine):
    machine(problem="the sound server does not answer (connection refused): start it.")
    output = run()
    assert "no camera: plug one in, or try --camera test" in output
    assert "the sound server does not answer" in output
    assert not run("--quiet")


def test_json_is_for_programs(machine):
    machine((CameraDevice("a", "A", "/dev/video0"),), problem="no sound.")
    assert json.loads(run("--json")) == {
        "cameras": [{"name": "a", "label": "A", "target": "/dev/video0"}],
        "sound_outputs": [],
        "sound_problem": "no sound.",
    }
