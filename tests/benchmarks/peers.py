"""The same work through dancelike, a plain loop, plain threads and MediaPipe: frames a second, side by side in one run.

Two 720p clips are decoded, both segmented by one network at 256 x 256, the two masks compared, and the second clip
encoded anew as MPEG-4. Every contestant works in a process of its own; they take turns, and the table holds medians.

Run with ``python -m tests.benchmarks.peers``. ``--mediapipe PYTHON`` names an interpreter with mediapipe 0.10.14 (it
needs an environment of its own), which is then a contestant and lends everybody its selfie network. Without it, all use
the bundled landmark network, whose person mask is of the same size.
"""

from __future__ import annotations

import argparse
import json
import os
import queue  # noqa: TID251  compared with
import statistics
import subprocess
import sys
import tempfile
import threading  # noqa: TID251  compared with
import time  # noqa: TID251  measures
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

SIDE = 256
SIZE = (1280, 720)
AHEAD = 4
ROUNDS = 5
BIT_RATE = 20_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mediapipe", metavar="PYTHON", help="an interpreter that has mediapipe 0.10.14")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--work", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        name, *paths = options.work
        print(json.dumps(CONTESTANTS[name](*map(Path, paths))))
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), options.mediapipe, options.rounds)


def compare(folder: Path, mediapipe: str | None, rounds: int) -> None:
    clips = [folder / "reference.mp4", folder / "take.mp4"]
    for clip in clips:
        enlarge(Path("assets/demo") / clip.name, clip)
    model = Path("models/pose_landmark_full.tflite")
    if mediapipe:
        place = [mediapipe, "-c", "import mediapipe as m; print(m.__path__[0])"]
        package = subprocess.run(place, capture_output=True, text=True, check=True).stdout.strip()
        model = Path(package) / "modules/selfie_segmentation/selfie_segmentation.tflite"
    names = [name for name in CONTESTANTS if mediapipe or name != "mediapipe"]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for k in range(rounds):
        for name in names[k % len(names) :] + names[: k % len(names)]:
            out = folder / f"{name}{k}.mp4"
            python = mediapipe if name == "mediapipe" else sys.executable
            command = [python, __file__, "--work", name, *map(str, [*clips, model, out])]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[name].append(json.loads(done.stdout.splitlines()[-1]) | {"bytes": out.stat().st_size})
            out.unlink()
    print(f"two 720p clips, {model.name}, {found['dancelike'][0]['frames']} frames, median of {rounds} turns")
    print(f"{'':<36}{'frames/s':>10}{'dancelike is':>14}{'target':>8}{'CPU ms':>9}{'MB':>6}{'overlap':>9}")
    rate = {name: [run["frames"] / run["wall_s"] for run in runs] for name, runs in found.items()}
    for name, runs in found.items():
        # Turn by turn, so that what else the machine did falls on both sides.
        times = statistics.median(a / b for a, b in zip(rate["dancelike"], rate[name], strict=True))
        cpu_ms = statistics.median(1000 * run["cpu_s"] / run["frames"] for run in runs)
        target = TARGETS.get(name)
        print(
            f"{LABELS[name]:<36}{statistics.median(rate[name]):>10.1f}{times:>13.2f}x{target or '':>8}{cpu_ms:>9.1f}"
            f"{runs[0]['bytes'] / 2**20:>6.1f}{runs[0]['overlap']:>9.3f}"
        )
    share = 100 * statistics.median(run["bound"] for run in found["dancelike"])
    print(f"dancelike reaches {share:.0f} % of its bound, the kernels' CPU time over the cores (target: 92 %)")


def enlarge(source: Path, target: Path, rate: int = 30) -> None:
    """Make a 720p clip of a bundled one; at another rate it plays faster."""
    import av
    import cv2

    from dancelike.media.writer import ClipWriter

    with ClipWriter(target, SIZE, rate, quality=20) as writer, av.open(str(source)) as clip:
        for picture in clip.decode(video=0):
            writer.write(cv2.resize(picture.to_ndarray(format="rgb24"), SIZE, interpolation=cv2.INTER_CUBIC))


def measured(work: Callable[[], tuple[int, float]]) -> dict[str, float]:
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    frames, overlap = work()
    return {
        "frames": frames,
        "wall_s": time.perf_counter() - wall_s,
        "cpu_s": time.process_time() - cpu_s,
        "overlap": overlap / frames,
    }


# What a user would write


class Net:
    """The network as its documentation shows it."""

    def __init__(self, model: Path, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._net = Interpreter(model_path=str(model), num_threads=threads)
        self._net.allocate_tensors()
        self._in = self._net.get_input_details()[0]["index"]
        outputs = self._net.get_output_details()
        self._out = next(detail["index"] for detail in outputs if tuple(detail["shape"]) == (1, SIDE, SIDE, 1))
        # The landmark network gives logits.
        self._even = 0.5 if len(outputs) == 1 else 0.0

    def mask(self, bgr: Any) -> Any:
        import cv2
        import numpy as np

        rgb = cv2.cvtColor(cv2.resize(bgr, (SIDE, SIDE)), cv2.COLOR_BGR2RGB)
        self._net.set_tensor(self._in, rgb[None].astype(np.float32) / 255.0)
        self._net.invoke()
        return self._net.get_tensor(self._out)[0, :, :, 0] > self._even


def overlap_of(one: Any, other: Any) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))


def pictures(path: Path) -> Iterator[Any]:
    import cv2

    capture = cv2.VideoCapture(str(path))
    while True:
        good, picture = capture.read()
        if not good:
            return
        yield picture


def writer_to(path: Path) -> Any:
    import cv2

    return cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 30, SIZE)


def sequential(reference: Path, take: Path, model: Path, out: Path, threads: int = 1) -> dict[str, float]:
    net, writer = Net(model, threads), writer_to(out)

    def work() -> tuple[int, float]:
        frames, overlap = 0, 0.0
        for one, other in zip(pictures(reference), pictures(take), strict=False):
            overlap += overlap_of(net.mask(one), net.mask(other))
            writer.write(other)
            frames += 1
        writer.release()
        return frames, overlap

    return measured(work)


def sequential_2(reference: Path, take: Path, model: Path, out: Path) -> dict[str, float]:
    return sequential(reference, take, model, out, threads=2)


def threads(reference: Path, take: Path, model: Path, out: Path) -> dict[str, float]:
    """A thread for each clip and its network, one for the rest."""
    nets, writer = [Net(model, 1), Net(model, 1)], writer_to(out)
    queues: list[queue.Queue[Any]] = [queue.Queue(AHEAD), queue.Queue(AHEAD)]

    def segment(path: Path, net: Net, to: queue.Queue[Any]) -> None:
        for picture in pictures(path):
            to.put((picture, net.mask(picture)))
        to.put(None)

    def work() -> tuple[int, float]:
        for parts in zip((reference, take), nets, queues, strict=True):
            threading.Thread(target=segment, args=parts, daemon=True).start()
        frames, overlap = 0, 0.0
        while (one := queues[0].get()) and (other := queues[1].get()):
            overlap += overlap_of(one[1], other[1])
            writer.write(other[0])
            frames += 1
        writer.release()
        return frames, overlap

    return measured(work)


# MediaPipe's own graph, and OpenCV around it

BRANCH = """
input_stream: "image_{0}"
output_stream: "mask_{0}"
node {{
  calculator: "ImageToTensorCalculator"
  input_stream: "IMAGE:image_{0}"
  output_stream: "TENSORS:in_{0}"
  options {{ [mediapipe.ImageToTensorCalculatorOptions.ext] {{
    output_tensor_width: 256 output_tensor_height: 256 keep_aspect_ratio: false
    output_tensor_float_range {{ min: 0.0 max: 1.0 }} border_mode: BORDER_ZERO }} }}
}}
node {{
  calculator: "TfLiteCustomOpResolverCalculator"
  output_side_packet: "OP_RESOLVER:resolver_{0}"
}}
node {{
  calculator: "InferenceCalculator"
  input_stream: "TENSORS:in_{0}"
  output_stream: "TENSORS:out_{0}"
  input_side_packet: "OP_RESOLVER:resolver_{0}"
  options {{ [mediapipe.InferenceCalculatorOptions.ext] {{ model_path: "{1}" delegate {{ xnnpack {{}} }} }} }}
}}
node {{
  calculator: "TensorsToSegmentationCalculator"
  input_stream: "TENSORS:out_{0}"
  output_stream: "MASK:mask_image_{0}"
  options {{ [mediapipe.TensorsToSegmentationCalculatorOptions.ext] {{ activation: NONE }} }}
}}
node {{
  calculator: "FromImageCalculator"
  input_stream: "IMAGE:mask_image_{0}"
  output_stream: "IMAGE_CPU:mask_{0}"
}}
"""


def mediapipe(reference: Path, take: Path, model: Path, out: Path) -> dict[str, float]:
    import cv2
    import mediapipe as mp

    graph = mp.CalculatorGraph(graph_config="".join(BRANCH.format(side, model) for side in "ab"))
    masks: dict[str, queue.Queue[Any]] = {side: queue.Queue() for side in "ab"}
    for side, to in masks.items():
        graph.observe_output_stream(
            f"mask_{side}", lambda _, packet, to=to: to.put(mp.packet_getter.get_image_frame(packet).numpy_view() > 0.5)
        )
    graph.start_run()
    writer = writer_to(out)

    def feed(side: str, bgr: Any, at: int) -> None:
        image = mp.packet_creator.create_image_frame(
            image_format=mp.ImageFormat.SRGB, data=cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        )
        graph.add_packet_to_input_stream(f"image_{side}", image.at(at))

    def work() -> tuple[int, float]:
        frames, overlap = 0, 0.0
        waiting: list[Any] = []

        def finish() -> None:
            nonlocal frames, overlap
            overlap += overlap_of(masks["a"].get(), masks["b"].get())
            writer.write(waiting.pop(0))
            frames += 1

        for at, (one, other) in enumerate(zip(pictures(reference), pictures(take), strict=False)):
            feed("a", one, at)
            feed("b", other, at)
            waiting.append(other)
            if len(waiting) > AHEAD:
                finish()
        while waiting:
            finish()
        graph.close_all_packet_sources()
        graph.wait_until_done()
        writer.release()
        return frames, overlap

    return measured(work)


# dancelike


def dancelike(reference: Path, take: Path, model: Path, out: Path) -> dict[str, float]:
    import av
    import numpy as np

    from dancelike.graph import Emit, Graph, Join, Port, SourceTask, Task
    from dancelike.kernels.overlap import part_overlap
    from dancelike.kernels.warm import warm_up
    from dancelike.kernels.yuv import PlaneConverter
    from dancelike.media.camera_info import CameraRequest
    from dancelike.media.capture import Capture
    from dancelike.media.paced import PacedCamera
    from dancelike.media.stream_clock import StreamClock
    from dancelike.runtime import run_offline
    from dancelike.vision.interpreter import Interpreter

    class Clip(SourceTask):
        outputs = (Port("captures", Capture),)

        def __init__(self, name: str, path: Path) -> None:
            self.name, self._path = name, path

        def start(self) -> None:
            clock = StreamClock()
            self._clip = PacedCamera(self._path, clock, CameraRequest(rate=30), loop=False, wait=clock.wait)

        def next(self):
            while not self._clip.ended:
                capture = self._clip.read(1.0)
                if capture is not None:
                    return (Emit("captures", capture, capture.timestamp),)
            return None

    class Segment(Task):
        inputs = (Port("captures", Capture),)
        outputs = (Port("masks", np.ndarray),)

        def __init__(self, name: str) -> None:
            self.name = name

        def start(self) -> None:
            self._net = Interpreter(model)
            self._mask = next(info.name for info in self._net.outputs if info.shape == (1, SIDE, SIDE, 1))
            self._even = 0.5 if len(self._net.outputs) == 1 else 0.0
            self._converter = PlaneConverter(SIZE, (SIDE, SIDE), "bt709", full_range=False)
            self._tensor = np.empty((1, SIDE, SIDE, 3), np.float32)

        def process(self, inputs):
            self._converter.to_tensor(*inputs["captures"].payload.planes, self._tensor)
            (mask,) = self._net.run(self._tensor, (self._mask,))
            return (Emit("masks", (mask[0, :, :, 0] > self._even).view(np.uint8)),)

    class Match(Task):
        name = "match"
        inputs = (Port("reference", np.ndarray), Port("take", np.ndarray))
        join = Join.zip()

        def __init__(self) -> None:
            self.frames, self.overlap = 0, 0.0
            self._counts = np.empty((15, 2), np.int64)

        def process(self, inputs):
            part_overlap(inputs["reference"].payload, inputs["take"].payload, None, self._counts)
            both, either = self._counts[1]
            self.overlap += both / max(1, either)
            self.frames += 1
            return ()

    class Encode(Task):
        name = "encode"
        inputs = (Port("captures", Capture),)

        def start(self) -> None:
            self._file = av.open(str(out), "w")
            self._stream = self._file.add_stream("mpeg4", rate=30, options={"qmin": "3"})
            self._stream.width, self._stream.height = SIZE
            self._stream.bit_rate = BIT_RATE
            self._stream.codec_context.thread_count = 1
            self._count = 0

        def process(self, inputs):
            picture = inputs["captures"].payload.picture
            picture.pts, picture.time_base = self._count, Fraction(1, 30)
            self._count += 1
            self._file.mux(self._stream.encode(picture))
            return ()

        def stop(self) -> None:
            self._file.mux(self._stream.encode())
            self._file.close()

    warm_up()
    graph = Graph("peers")
    for role, path in (("reference", reference), ("take", take)):
        graph.add(Clip(role, path))
        graph.add(Segment(f"segment_{role}"))
        graph.connect(f"{role}.captures", f"segment_{role}.captures", capacity=AHEAD)
    match = Match()
    graph.add(match)
    graph.add(Encode())
    for role in ("reference", "take"):
        graph.connect(f"segment_{role}.masks", f"match.{role}", capacity=AHEAD)
    graph.connect("take.captures", "encode.captures", capacity=AHEAD)
    report = run_offline(graph)
    return {
        "frames": match.frames,
        "wall_s": report.elapsed_s,
        "cpu_s": report.process_cpu_s,
        "overlap": match.overlap / match.frames,
        "bound": report.throughput_fps / report.bound_fps,
    }


def one_core(reference: Path, take: Path, model: Path, out: Path) -> dict[str, float]:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    return dancelike(reference, take, model, out)


CONTESTANTS: dict[str, Callable[[Path, Path, Path, Path], dict[str, float]]] = {
    "dancelike": dancelike,
    "one_core": one_core,
    "sequential": sequential,
    "sequential_2": sequential_2,
    "threads": threads,
    "mediapipe": mediapipe,
}
LABELS = {
    "dancelike": "dancelike",
    "one_core": "dancelike on one core",
    "sequential": "cv2, interpreter, cv2 in one loop",
    "sequential_2": "the same, two threads in the network",
    "threads": "plain threads and queue.Queue",
    "mediapipe": "MediaPipe's graph, two branches",
}
TARGETS = {"one_core": 1.8, "sequential": 1.25, "threads": 1.2, "mediapipe": 1.08}


if __name__ == "__main__":
    main()
