"""What stands in for a camera's driver in tests: real coded pictures, and faults on request."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
import cv2

from dancelike.media.camera_info import CameraRequest
from tests.clips import paint

SIZE = (160, 120)
ASKED = CameraRequest(SIZE, Fraction(25))


def jpeg(number: int, size: tuple[int, int] = SIZE) -> bytes:
    good, data = cv2.imencode(".jpg", paint(number, size)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
    assert good
    return data.tobytes()


class ScriptedContainer:
    """Stands in for what PyAV opens on a camera: real coded pictures, the device's own stamps."""

    def __init__(self, clock, count, codec="mjpeg", size=SIZE, rate=25):
        coder = av.CodecContext.create(codec, "w")
        coder.width, coder.height = size
        coder.pix_fmt = "yuvj422p" if codec == "mjpeg" else "yuyv422"
        coder.time_base = Fraction(1, rate)
        if codec == "mjpeg":
            coder.options = {"qmin": "2", "qmax": "3"}
        self._clock, self._step_ns = clock, round(1e9 / rate)
        self._packets = []
        for number in range(count):
            picture = av.VideoFrame.from_ndarray(paint(number, size), format="rgb24").reformat(format=coder.pix_fmt)
            picture.pts = number
            self._packets += [bytes(packet) for packet in coder.encode(picture)]
        decoder = av.CodecContext.create(codec, "r")
        decoder.width, decoder.height = size
        if codec == "rawvideo":
            decoder.pix_fmt = "yuyv422"
        self.fault: Exception = BlockingIOError(11, "none yet")
        self.closed = False
        self.sent = 0
        self.stream = Stream(decoder, *size, Fraction(rate))
        self.streams = Streams([self.stream])

    def demux(self, stream):
        if self.sent == len(self._packets):
            if isinstance(self.fault, BlockingIOError):
                self._clock.wait(0.25)
            raise self.fault
        self._clock.wait(self._step_ns / 1e9)
        packet = av.Packet(self._packets[self.sent])
        packet.pts = self._clock.now_ns // 1000
        self.sent += 1
        yield packet

    def close(self):
        self.closed = True


@dataclass
class Streams:
    video: list


@dataclass
class Stream:
    codec_context: av.CodecContext
    width: int
    height: int
    average_rate: Fraction
    time_base: Fraction = Fraction(1, 1_000_000)

    def decode(self, packet):
        return self.codec_context.decode(packet)
