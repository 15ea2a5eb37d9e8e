# ruff: noqa: T201 - it speaks to whoever runs the machine
"""One visit to a kiosk inside of a virtual machine; `scripts/virtual_kiosk` runs it there.

Speaks with the kiosk as systemd does: hears its states and its heartbeat through NOTIFY_SOCKET. Everything else is the
machine's: the camera is vivid, fed through its own output; the wake word comes through ALSA's loop.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time  # noqa: TID251  a machine of its own
from contextlib import suppress
from pathlib import Path

PICTURE_BYTES = 640 * 480 * 2
SLOW_S = 0.3  # a picture; three times as long as in the dance, as scripts/virtual_kiosk slows the reference
MODEL = "parts-fast"  # a tenth of the work, so that bodies come while the visit lasts; the states are the same
VISIT = ("choose", "count in", "dance", "result", "privacy")
# Seconds into a state at which its picture is taken.
AFTER_S = {"frame": 3.0, "choose": 6.0, "dance": 8.0, "result": 6.0}
DRIVER = Path("/sys/bus/platform/drivers/vivid")
CONFIG = """
[kiosk]
dances = ["{out}/dance.mp4"]
takes = "/tmp/kiosk/takes"
state = "/tmp/kiosk/state"
model = "{model}"
hang_s = 100
microphone = "plughw:Loopback,1"
sound = "none"
[kiosk.times]
{times}
"""
TIMES = {  # everything takes hundreds of times as long
    "wake_s": 300,
    "framed_s": 0.1,
    "each_s": 60,
    "hold_s": 2,
    "count_in_s": 8,
    "away_s": 150,
    "grace_s": 150,
    "answer_s": 150,
    "exact_s": 15,
    "result_s": 12,
    "privacy_s": 8,
    "patience_s": 1200,
    "asleep_s": 1200,
}


def say(text):
    print(f"[{time.monotonic() - BEGIN_S:6.1f} s] {text}", flush=True)


def picture(name):
    print(f"picture {name}", flush=True)
    time.sleep(2.0)


class Camera:
    """The camera's other end: what is written to vivid's output is seen by its input."""

    def __init__(self, out):
        self.out, self.feed = out, None

    def show(self, name):
        self.close()
        nodes = sorted(path.name for path in Path("/sys/class/video4linux").iterdir())
        kinds = {node: (Path("/sys/class/video4linux") / node / "name").read_text().strip() for node in nodes}
        say(f"video nodes: {kinds}")
        capture, output = (f"/dev/{next(n for n, k in kinds.items() if k.endswith(end))}" for end in ("cap", "out"))
        for node, order in (
            (capture, ["--set-dv-bt-timings", "index=0"]),
            (output, ["--set-dv-bt-timings", "index=0"]),
            (capture, ["-c", "loop_video=1"]),
            (capture, ["-c", "osd_text_mode=2"]),
            (output, ["--set-fmt-video-out", "width=640,height=480,pixelformat=YUYV"]),
        ):
            done = subprocess.run(["v4l2-ctl", "-d", node, *order], capture_output=True, text=True, check=False)
            if done.returncode:
                say(f"v4l2-ctl {order}: {done.stdout}{done.stderr}".strip())
        self.feed = subprocess.Popen([sys.executable, __file__, "feed", f"{self.out}/{name}.yuv", output])

    def close(self):
        if self.feed is not None:
            self.feed.kill()
            self.feed.wait()
            self.feed = None

    def unplug(self):
        self.close()
        (DRIVER / "unbind").write_text("vivid.0")

    def plug_in(self):
        (DRIVER / "bind").write_text("vivid.0")


# linux/videodev2.h, 64 bit: the calls that stream to a video output through mapped memory.
REQBUFS, QUERYBUF, QBUF, DQBUF, STREAMON = 0xC0145608, 0xC0585609, 0xC058560F, 0xC0585611, 0x40045612
OUTPUT, MAPPED, PROGRESSIVE, BUFFERS = 2, 1, 1, 4


def buffer_of(index, bytes_used=0):
    head = struct.pack("5I4x16x16x2I", index, OUTPUT, bytes_used, 0, PROGRESSIVE, 0, MAPPED)
    return bytearray(head.ljust(88, b"\0"))


def feed(pictures, node):
    """Show pictures at a video output in slow motion, again and again."""
    data = Path(pictures).read_bytes()
    device = os.open(node, os.O_RDWR)
    fcntl.ioctl(device, REQBUFS, bytearray(struct.pack("5I", BUFFERS, OUTPUT, MAPPED, 0, 0)))
    maps = []
    for index in range(BUFFERS):
        found = buffer_of(index)
        fcntl.ioctl(device, QUERYBUF, found)
        offset, length = struct.unpack_from("I4xI", found, 64)
        maps.append(mmap.mmap(device, length, offset=offset))
    free, streams = list(range(BUFFERS)), False
    due_s = time.monotonic()
    while True:
        for begin in range(0, len(data), PICTURE_BYTES):
            index = free.pop(0)
            maps[index][:PICTURE_BYTES] = data[begin : begin + PICTURE_BYTES]
            fcntl.ioctl(device, QBUF, buffer_of(index, PICTURE_BYTES))
            if len(free) < 2:
                if not streams:
                    fcntl.ioctl(device, STREAMON, struct.pack("i", OUTPUT))
                    streams = True
                done = buffer_of(0)
                fcntl.ioctl(device, DQBUF, done)  # the last picture stays with the driver, and is seen until the next
                free.append(struct.unpack_from("I", done)[0])
            due_s = max(due_s + SLOW_S, time.monotonic() - 0.5)
            time.sleep(max(0.0, due_s - time.monotonic()))


class Kiosk:
    """The kiosk as a process, and what it says."""

    def __init__(self, out):
        Path("/tmp/kiosk").mkdir(exist_ok=True)
        if (Path(out) / "bodies").is_dir():
            shutil.copytree(Path(out) / "bodies", "/tmp/kiosk/state/bodies")
        config = Path("/tmp/kiosk/kiosk.toml")
        times = "\n".join(f"{k} = {v}" for k, v in TIMES.items())
        config.write_text(CONFIG.format(out=out, model=MODEL, times=times))
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("/tmp/kiosk/notify")
        self._socket.settimeout(1.0)
        self.beats, self.states, self.ready = 0, [], False
        command = [sys.executable, "-m", "dancelike", "kiosk", "--config", config]
        environment = {**os.environ, "NOTIFY_SOCKET": "/tmp/kiosk/notify"}
        environment.pop("QT_QPA_PLATFORM", None)  # it chooses for itself
        self.process = subprocess.Popen(command, env=environment)

    @property
    def state(self):
        return self.states[-1] if self.states else ""

    def listen(self):
        with suppress(TimeoutError):
            for line in self._socket.recv(4096).decode().splitlines():
                key, _, value = line.partition("=")
                if key == "STATUS":
                    state = value.partition(":")[0]
                    if state != self.state:
                        self.states.append(state)
                    say(f"kiosk: {value}  ({self.beats} beats, {self.memory_mb():.0f} MB)")
                self.beats += key == "WATCHDOG"
                self.ready |= key == "READY"

    def memory_mb(self):
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) / 1024 if "VmRSS" in text else 0.0

    def until(self, done, limit_s=900.0, also=lambda: None):
        """Listen until ``done`` says yes; a picture of each state, a little after it begins."""
        begin_s, shown = time.monotonic(), self.state
        while not done():
            if self.process.poll() is not None:
                raise SystemExit(f"the kiosk ended with {self.process.returncode}")
            if time.monotonic() - begin_s > limit_s:
                picture("late")
                raise SystemExit(f"after {limit_s:.0f} s the kiosk has been at {self.states}")
            self.listen()
            also()
            if self.state != shown:
                shown = self.state
                self.for_s(AFTER_S.get(shown, 1.5))
                picture(f"{len(self.states):02d}-{shown.replace(' ', '-')}")
        say(f"'{self.state}' after {time.monotonic() - begin_s:.1f} s")

    def for_s(self, seconds):
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.listen()


class Speaker:
    """Says the wake word through ALSA's loop, every few seconds."""

    def __init__(self, out):
        self._word, self._said_s = f"{out}/word.wav", 0.0

    def say(self):
        if time.monotonic() - self._said_s > 12.0:
            self._said_s = time.monotonic()
            subprocess.Popen(["aplay", "-q", "-D", "plughw:Loopback,0", self._word], stdin=subprocess.DEVNULL)


def speed(out):
    """Say how long one look at a picture takes here."""
    import numpy as np

    from dancelike.vision import load_segmenter

    data = np.fromfile(f"{out}/dancer.yuv", np.uint8, PICTURE_BYTES).reshape(480, 640, 2)[:, :, :1]
    segmenter = load_segmenter(MODEL, threads=1)
    for _ in range(3):
        begin_s = time.monotonic()
        found = segmenter.observe(np.ascontiguousarray(np.repeat(data, 3, axis=2)))
        say(f"one look at a picture: {time.monotonic() - begin_s:.1f} s, {'somebody' if found.found else 'nobody'}")


def main(out):
    if "--all" in sys.argv:
        subprocess.run([sys.executable, "-m", "dancelike", "doctor"], check=False)
        subprocess.run([sys.executable, __file__, "speed", out], check=False)
    camera = Camera(out)
    camera.show("wall")
    kiosk, speaker = Kiosk(out), Speaker(out)
    try:
        kiosk.until(lambda: kiosk.state == "attract", limit_s=300)
        camera.show("dancer")
        kiosk.until(lambda: whole_visit(kiosk.states), limit_s=1500, also=speaker.say)
        kiosk.until(lambda: kiosk.state == "choose")
        camera.unplug()
        say("the camera is unplugged")
        kiosk.until(lambda: kiosk.state == "trouble", limit_s=200)
        # The driver's timings can be set only while nobody uses it, and the kiosk is quick.
        kiosk.process.send_signal(signal.SIGSTOP)
        camera.plug_in()
        camera.show("dancer")
        kiosk.process.send_signal(signal.SIGCONT)
        say("the camera is back")
        kiosk.until(lambda: kiosk.state == "choose")
        camera.show("wall")
        kiosk.until(lambda: kiosk.state == "attract")
        board = Path("/tmp/kiosk/state/board.json")
        say(f"takes left: {len(list(Path('/tmp/kiosk/takes').iterdir()))}")
        say(f"board: {board.read_text() if board.exists() else 'none'}")
    finally:
        kiosk.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            kiosk.process.wait(120)
        say(f"stopped by SIGTERM, the kiosk ended with {kiosk.process.returncode}")
        camera.close()
    if kiosk.process.returncode != 0:
        raise SystemExit(1)
    say("a whole visit")


def look(out):
    """Look at the dance as a kiosk does that has been on for a while; in the machine that would take long."""
    from dancelike.kiosk.build import live_config
    from dancelike.kiosk.known import KnownDances
    from dancelike.kiosk.look import look_apart
    from dancelike.kiosk.settings import KioskSettings
    from dancelike.media.probe import probe_clip

    clip = probe_clip(Path(out) / "dance.mp4")
    known = KnownDances(Path(out) / "bodies", live_config(KioskSettings(model=MODEL)), look=look_apart(MODEL))
    known.want(clip)
    while known.path(clip) is None:
        known.step(resting=True)
        time.sleep(0.1)


def whole_visit(states):
    """Whether these states have a dance with a score in them, and what follows it."""
    return list(VISIT) in (states[k : k + len(VISIT)] for k in range(len(states)))


BEGIN_S = time.monotonic()
if __name__ == "__main__":
    if sys.argv[1] == "feed":
        feed(*sys.argv[2:])
    if sys.argv[1] == "look":
        raise SystemExit(look(sys.argv[2]))
    if sys.argv[1] == "speed":
        raise SystemExit(speed(sys.argv[2]))
    main(sys.argv[1])
