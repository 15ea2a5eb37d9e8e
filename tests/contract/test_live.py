"""What a live run promises: devices and hosts in their place, nobody waits for a hung call, a quick and clean stop.

Nothing here is timed: the clock jumps where nothing is under way, or what is proved are events and counts.
"""

from __future__ import annotations

import logging
import queue  # noqa: TID251  stands for what a device delivers
import signal
import threading  # noqa: TID251  counts the threads that are left, and hangs on purpose
import time  # noqa: TID251  a generous limit on the stop
from fractions import Fraction

import pytest

from dancelike.errors import GraphError
from dancelike.graph import (
    RUN_TIME_BASE,
    DeviceSink,
    DeviceSource,
    Emit,
    Graph,
    Join,
    Overflow,
    Port,
    Restart,
    Task,
)
from dancelike.runtime import Governor, GovernorRules, LiveRun, ManualClock, Probe, run_offline, run_realtime
from dancelike.testing.flow import EndlessSource, RecordingSink, RelayTask, ScriptedSource, every
from dancelike.timebase import Timestamp

FRAME = Fraction(1, 30)
LIMIT_S = 30.0  # of what must come, however loaded the machine is
NEVER = Restart(first_ms=1e6, longest_ms=1e6, attempts=1)


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) == before


@pytest.fixture
def hang():
    """A call that returns only after the test."""
    event, inside = threading.Event(), threading.Event()
    threads = []

    def wait(*_):
        threads.append(threading.current_thread())
        inside.set()
        event.wait()
        return ()

    wait.inside, wait.release = inside, event.set
    yield wait
    event.set()
    for thread in threads:
        if thread is not threading.current_thread():
            thread.join(LIMIT_S)


def jumping() -> ManualClock:
    return ManualClock(10**12, autojump=True)


def dance(count: int = 40, period_s: Fraction = FRAME) -> Graph:
    graph = Graph("dance")
    for side in ("reference", "camera"):
        graph.add(ScriptedSource(side, every(FRAME, count), period_s=period_s))
        graph.add(RelayTask(f"segment_{side}", budget_ms=10.0))
        graph.connect(f"{side}.out", f"segment_{side}.in", capacity=2)
    graph.add(RelayTask("match", ("reference", "camera")))
    graph.add(RelayTask("align", ("match", "picture"), join=Join.nearest(Fraction(1, 60))))
    graph.add(RecordingSink("sink"))
    for side in ("reference", "camera"):
        graph.connect(f"segment_{side}.out", f"match.{side}", capacity=2)
    graph.connect("match.out", "align.match", capacity=2)
    graph.connect("camera.out", "align.picture", capacity=2)
    graph.connect("align.out", "sink.in", capacity=2)
    return graph


def line(
    count: int | None = 6, *, period_s: Fraction | None = FRAME, overflow: Overflow = Overflow.FAULT, **relay
) -> Graph:
    graph = Graph("line")
    script = every(FRAME, count or 0)
    graph.add(
        EndlessSource("source", period_s) if count is None else ScriptedSource("source", script, period_s=period_s)
    )
    graph.add(RelayTask("relay", **relay))
    graph.add(RecordingSink("sink"))
    graph.connect("source.out", "relay.in", capacity=2, overflow=overflow)
    graph.connect("relay.out", "sink.in", capacity=2, overflow=overflow)
    return graph


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_on_a_jumping_clock_live_equals_offline_packet_for_packet(workers):
    graph = dance()
    run_offline(graph)
    expected = graph["sink"].packets
    graph = dance()
    report = run_realtime(graph, workers=workers, clock=jumping())
    assert graph["sink"].packets == expected
    assert len(expected) == 40
    assert (report.driver, report.completed, report.ended_by, report.dropped) == ("realtime", True, "end", 0)
    assert {task.condition for task in report.tasks.values()} == {"working"}
    assert report.elapsed_s == pytest.approx(40 / 30)
    assert report.tasks["camera"].rate_hz == pytest.approx(41 * 30 / 40)
    assert {(task.starts, task.stops) for task in graph.tasks} == {(1, 1)}


def test_ten_minutes_pass_at_once_and_it_stops_when_its_time_is_over():
    graph = line(None, period_s=Fraction(1))
    report = run_realtime(graph, seconds=600.0, clock=jumping())
    assert (report.ended_by, report.completed, report.elapsed_s) == ("stop", True, 600.0)
    assert len(graph["sink"].packets) in {600, 601}
    assert graph["sink"].finished


def test_the_system_clock_keeps_the_period():
    graph = line(20, period_s=Fraction(1, 500))
    report = run_realtime(graph, workers=2)
    assert report.ended_by == "end"
    source = report.tasks["source"]
    assert source.runs == 21
    assert report.elapsed_s >= 20 / 500  # skipped periods only make it longer


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_the_run_in_order(name):
    graph = line(None, period_s=Fraction(1, 1000), overflow=Overflow.DROP_OLDEST)
    before = signal.getsignal(signal.Signals[name])
    raised = []

    def progress(_):
        if not raised and graph["sink"].packets:
            raised.append(signal.raise_signal(signal.Signals[name]))

    report = run_realtime(graph, on_progress=progress)
    assert (report.ended_by, report.completed) == (name, True)
    assert graph["sink"].finished
    assert {task.stops for task in graph.tasks} == {1}
    assert signal.getsignal(signal.Signals[name]) is before


def test_the_second_signal_is_an_interrupt_and_the_tasks_are_stopped_all_the_same():
    graph = line(None, period_s=Fraction(1, 1000), overflow=Overflow.DROP_OLDEST)

    def progress(_):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_realtime(graph, on_progress=progress)
    assert {task.stops for task in graph.tasks} == {1}


def test_cancelled_is_asked():
    graph = line(None, period_s=Fraction(1, 1000), overflow=Overflow.DROP_OLDEST)
    report = run_realtime(graph, cancelled=lambda: len(graph["sink"].packets) > 3)
    assert (report.ended_by, report.completed) == ("stop", True)


def test_a_call_that_never_returns_costs_its_task_and_nobody_else(hang, caplog):
    graph = dance(60, Fraction(1, 500))
    for edge in graph.edges:
        object.__setattr__(edge, "overflow", Overflow.DROP_OLDEST)
    graph.add(RecordingSink("victim"))
    graph["victim"].watchdog_ms = 20.0
    graph["victim"].process = hang
    graph.connect("camera.out", "victim.in", capacity=1, overflow=Overflow.DROP_OLDEST)

    class Downs(Probe):
        heard = threading.Event()

        def task_down(self, task, error, retry_ns, now_ns):
            assert (task, type(error)) == ("victim", TimeoutError)
            self.heard.set()

    with caplog.at_level(logging.CRITICAL):
        report = run_realtime(graph, workers=1, probes=[Downs()], admission=False)
    assert Downs.heard.is_set()
    assert report.tasks["victim"].condition == "hung"
    assert report.tasks["victim"].failures == 1
    assert {task.condition for name, task in report.tasks.items() if name != "victim"} == {"working"}
    # The one worker was stuck, so the others went on with its replacement.
    assert report.completed
    assert graph["sink"].finished
    assert graph["victim"].stops == 0  # nobody enters it while the call is inside
    assert {task.stops for task in graph.tasks if task.name != "victim"} == {1}


def test_the_stop_does_not_wait_for_a_call_that_hangs(hang):
    graph = dance(3000)
    graph["segment_camera"].process = hang
    run = LiveRun(graph, workers=2, watchdog_ms=None, stop_within_s=0.2)
    run.start()
    assert hang.inside.wait(LIMIT_S)
    begin_s = time.perf_counter()
    report = run.close()
    assert time.perf_counter() - begin_s < 5.0  # 0.2 s on a machine that is not busy
    assert not report.completed
    assert report.tasks["segment_camera"].condition == "hung"
    assert [task.stops for task in graph.tasks] == [1, 1, 1, 0, 1, 1, 1]


def test_a_task_that_was_left_hanging_is_stopped_when_its_call_returns(hang):
    graph = dance(3000)
    graph["segment_camera"].process = hang
    run = LiveRun(graph, workers=2, watchdog_ms=None, stop_within_s=0.2)
    run.start()
    assert hang.inside.wait(LIMIT_S)
    run.close()
    assert graph["segment_camera"].stops == 0
    hang.release()
    limit_s = time.perf_counter() + LIMIT_S
    while graph["segment_camera"].stops == 0 and time.perf_counter() < limit_s:
        time.sleep(0.01)
    assert [task.stops for task in graph.tasks] == [1] * 7  # or the camera would stay in use


def test_a_stop_that_hangs_is_left_alone_and_the_others_are_stopped(hang, caplog):
    graph = dance(3)
    graph["align"].stop = hang
    graph["sink"].stop = hang
    with caplog.at_level(logging.CRITICAL):
        report = run_realtime(graph, clock=jumping(), stop_within_s=0.3)
    assert {name for name, task in report.tasks.items() if task.condition == "hung"} == {"align", "sink"}
    assert [task.stops for task in graph.tasks] == [1, 1, 1, 1, 1, 0, 0]


def test_a_stop_that_fails_comes_out_after_all_have_stopped(caplog):
    graph = dance(3)

    def fail():
        raise OSError(28, "disk full")

    graph["align"].stop = fail
    with caplog.at_level(logging.CRITICAL), pytest.raises(OSError, match="disk full"):
        run_realtime(graph, clock=jumping())
    assert [task.stops for task in graph.tasks] == [1, 1, 1, 1, 1, 0, 1]


def test_when_a_start_fails_only_what_had_started_is_stopped():
    graph = dance(3)

    def fail():
        raise FileNotFoundError("no model here")

    graph["match"].start = fail
    with pytest.raises(FileNotFoundError, match="no model here") as caught:
        run_realtime(graph)
    assert caught.value.__notes__ == ["in task 'match', start"]
    assert [task.stops for task in graph.tasks] == [1, 1, 1, 1, 0, 0, 0]


def test_a_failing_task_is_restarted_and_the_probes_hear_it():
    graph = line(8, fail_at=[2, 3], restart=Restart(first_ms=5.0))
    heard = []

    class Life(Probe):
        def task_down(self, task, error, retry_ns, now_ns):
            heard.append(("down", task, str(error), retry_ns - now_ns))

        def task_up(self, task, now_ns):
            heard.append(("up", task))

    report = run_realtime(graph, clock=jumping(), probes=[Life()])
    assert heard == [
        ("down", "relay", "scripted fault in call 2", 5_000_000),
        ("up", "relay"),
        ("down", "relay", "scripted fault in call 3", 10_000_000),
        ("up", "relay"),
    ]
    relay = report.tasks["relay"]
    assert (relay.failures, relay.restarts, relay.condition, relay.runs) == (2, 2, "working", 8)
    assert [packet.sequence for packet in graph["sink"].packets] == [0, 1, 2, 3, 4, 5]


def test_a_task_that_stays_down_is_reported_and_the_rest_goes_on():
    graph = dance(10)
    graph.add(RecordingSink("victim"))
    graph.connect("camera.out", "victim.in", capacity=1)

    def fail(inputs):
        raise OSError("broken")

    graph["victim"].process = fail
    report = run_realtime(graph, clock=jumping())
    assert report.tasks["victim"].condition == "down"
    assert report.tasks["victim"].last_failure == "OSError: broken"
    assert report.tasks["camera"].last_failure is None
    assert len(graph["sink"].packets) == 10
    assert report.tasks["victim"].dropped == {"task_down": 9}


def test_a_broken_contract_is_not_tried_again():
    graph = line(8, restart=Restart())
    graph["relay"].process = lambda inputs: "text"
    report = run_realtime(graph, clock=jumping())
    assert (report.tasks["relay"].failures, report.tasks["relay"].condition) == (1, "down")


def test_an_edge_that_may_not_drop_ends_the_run(hang):
    graph = line(8, period_s=Fraction(1, 500))
    graph["sink"].process = hang
    with pytest.raises(
        GraphError, match=r"the edge relay.out -> sink.in is full with 2 packets and its overflow is"
    ) as caught:
        run_realtime(graph, workers=2, stop_within_s=0.2)
    assert caught.value.__notes__ == ["in task 'sink'"]
    assert (graph["source"].stops, graph["relay"].stops, graph["sink"].stops) == (1, 1, 0)


def test_hosted_tasks_are_called_in_the_calling_thread_and_others_are_not():
    graph = dance(20)
    where = {}
    for task in graph.tasks:
        method = "next" if task.name in {"reference", "camera"} else "process"

        call = getattr(task, method)

        def note(*arguments, task=task, call=call):
            where.setdefault(task.name, set()).add(threading.current_thread())
            return call(*arguments)

        setattr(task, method, note)
    run_realtime(graph, hosted=["sink", "match"], clock=jumping())
    here = threading.current_thread()
    assert where["sink"] == where["match"] == {here}
    assert not any(here in threads for name, threads in where.items() if name not in {"sink", "match"})
    assert len(graph["sink"].packets) == 20


def test_a_host_with_a_loop_of_its_own_is_told_when_to_pump():
    graph = dance(20)
    posted: queue.Queue[str] = queue.Queue()
    run = LiveRun(graph, hosted=["sink"], clock=jumping(), on_hosted=lambda: posted.put("pump"))
    run.start()
    made = 0
    while not run.over:
        assert posted.get(timeout=LIMIT_S) == "pump"
        run.wait_hosted(0.0)
        made += run.pump()
    report = run.close()
    assert (report.completed, made) == (True, 21)  # 20 packets and finish


class Camera(DeviceSource):
    """Delivers what the test puts into its queue: payloads, errors to raise, None for the end."""

    name = "camera"
    outputs = (Port("out", object),)
    restart = Restart(first_ms=1.0, attempts=None)

    def __init__(self) -> None:
        self.comes: queue.Queue[object] = queue.Queue()
        self.opened = self.closed = 0
        self.absent = 0
        self.threads: set[threading.Thread] = set()
        self.begins: list[Timestamp] = []

    def start(self) -> None:
        if self.absent:
            self.absent -= 1
            raise OSError(19, "no such device")
        self.opened += 1
        self.begins.append(self.clock.now())

    def stop(self) -> None:
        self.closed += 1

    def interrupt(self) -> None:
        self.comes.put(())

    def next(self):
        self.threads.add(threading.current_thread())
        item = self.comes.get(timeout=LIMIT_S)
        if isinstance(item, Exception):
            raise item
        if item is None or item == ():
            return item
        return [Emit("out", item)]


def watched(**edge) -> tuple[Graph, Camera]:
    graph = Graph("watched")
    camera = graph.add(Camera())
    graph.add(RecordingSink("sink"))
    graph.connect("camera.out", "sink.in", capacity=50, **edge)
    return graph, camera


def test_a_device_has_a_thread_of_its_own_takes_no_worker_and_is_stamped():
    graph, camera = watched()
    clock = ManualClock(5 * 10**12)
    for i in range(10):
        camera.comes.put(i)
    camera.comes.put(None)
    report = run_realtime(graph, workers=1, clock=clock)
    assert [packet.payload for packet in graph["sink"].packets] == list(range(10))
    assert {packet.timestamp for packet in graph["sink"].packets} == {Timestamp(0, RUN_TIME_BASE)}
    assert [thread.name for thread in camera.threads] == ["dancelike-camera"]
    assert (camera.opened, camera.closed, report.ended_by) == (1, 1, "end")


def test_a_device_can_place_the_stamps_of_the_kernel():
    graph, camera = watched()
    before_ns = time.monotonic_ns()
    camera.comes.put(None)
    run_realtime(graph)
    lag_ns = camera.clock.at_monotonic_ns(before_ns).pts
    assert -LIMIT_S * 1e9 < lag_ns < 0  # just before the begin of the run
    assert camera.begins[0].pts > 0


def test_an_unplugged_device_comes_back():
    graph, camera = watched()
    heard = []

    class Life(Probe):
        def task_down(self, task, error, retry_ns, now_ns):
            heard.append(str(error))

        def task_up(self, task, now_ns):
            heard.append("up")
            camera.comes.put(3)
            camera.comes.put(None)

    camera.comes.put(1)
    camera.comes.put(2)
    run = LiveRun(graph, probes=[Life()])
    run.start()
    camera.absent = 3
    camera.comes.put(OSError(19, "unplugged"))
    while not run.over:
        run.wait_hosted(LIMIT_S)
    report = run.close()
    assert heard == ["[Errno 19] unplugged", *["[Errno 19] no such device"] * 3, "up"]
    assert [packet.payload for packet in graph["sink"].packets] == [1, 2, 3]
    assert (camera.opened, report.tasks["camera"].failures, report.tasks["camera"].restarts) == (2, 4, 1)


def test_a_device_that_waits_is_interrupted_at_the_stop():
    graph, camera = watched()
    run = LiveRun(graph, stop_within_s=LIMIT_S)
    run.start()
    camera.comes.put(1)
    report = run.close()
    assert report.completed
    assert report.tasks["camera"].condition == "working"
    assert camera.closed == 1


def test_a_device_that_hangs_is_given_up(hang, caplog):
    graph, camera = watched()
    camera.next = hang
    camera.watchdog_ms = 10.0
    camera.restart = None
    with caplog.at_level(logging.CRITICAL):
        report = run_realtime(graph)
    assert (report.tasks["camera"].condition, report.ended_by) == ("hung", "end")
    assert (camera.closed, graph["sink"].stops) == (0, 1)
    assert graph["sink"].finished


def test_a_device_that_hung_for_a_while_is_opened_again_after_its_call_has_returned(caplog):
    graph, camera = watched()
    camera.watchdog_ms = 5.0
    release, inside, down, up = (threading.Event() for _ in range(4))
    calls = []
    following = camera.next

    def slow():
        calls.append(threading.current_thread())
        if len(calls) == 1:
            inside.set()
            release.wait(LIMIT_S)
            return [Emit("out", "too late")]
        return following()

    camera.next = slow

    class Life(Probe):
        def task_down(self, task, error, retry_ns, now_ns):
            down.set()

        def task_up(self, task, now_ns):
            up.set()

    clock = ManualClock(10**12)  # only the test moves it, so that no other call is ever late
    run = LiveRun(graph, probes=[Life()], clock=clock)
    with caplog.at_level(logging.CRITICAL):
        run.start()
        assert inside.wait(LIMIT_S)
        clock.jump(5_000_000)
        run.poke()
        assert down.wait(LIMIT_S)
        release.set()
        calls[0].join(LIMIT_S)
        clock.jump(1_000_000)
        run.poke()
        assert up.wait(LIMIT_S)
    for item in (1, None):
        camera.comes.put(item)
    while not run.over:
        run.wait_hosted(LIMIT_S)
    report = run.close()
    assert [packet.payload for packet in graph["sink"].packets] == [1]
    assert (camera.opened, report.tasks["camera"].restarts, report.tasks["camera"].failures) == (2, 1, 1)


def test_a_sink_that_waits_for_its_device_takes_no_worker():
    gate = threading.Event()

    class Speaker(DeviceSink):
        name = "speaker"
        inputs = (Port("in", object),)
        heard = 0

        def process(self, inputs):
            assert gate.wait(LIMIT_S)
            self.heard += 1
            return ()

    graph = line(5, period_s=Fraction(1, 20))
    speaker = graph.add(Speaker())
    graph.connect("source.out", "speaker.in", capacity=8)
    finish = graph["sink"].finish

    def finished():
        gate.set()  # only now: the one worker was never held up
        return finish()

    graph["sink"].finish = finished
    report = run_realtime(graph, workers=1)
    assert speaker.heard == 5
    assert len(graph["sink"].packets) == 5
    assert report.completed


def test_packets_are_pushed_from_any_thread():
    graph = line(0, period_s=None)
    run = LiveRun(graph, workers=2, stop_within_s=LIMIT_S)
    run.start()

    def push():
        for i in range(20):
            run.push("source", [Emit("out", i, Timestamp(i, FRAME))])
            while len(graph["sink"].packets) <= i and not run.over:
                run.wait_hosted(0.001)
        run.push("source", None)

    thread = threading.Thread(target=push)
    thread.start()
    thread.join(LIMIT_S)
    assert run.close().completed
    assert len(graph["sink"].packets) == 20
    with pytest.raises(GraphError, match="the graph has no task 'nobody'"):
        LiveRun(line()).push("nobody", None)


def test_a_level_is_changed_while_the_run_goes_on():
    graph = line(10)
    relay = graph["relay"]
    relay.levels = ("full", "half")
    levels = []
    relay.set_level = levels.append
    changes = []

    class Levels(Probe):
        def level_changed(self, task, level, now_ns):
            changes.append((task, level))

    run = LiveRun(graph, clock=jumping(), probes=[Levels()])
    run.after(100_000_000, lambda _: run.request_level("relay", 1))
    run.start()
    while not run.over:
        run.wait_hosted(LIMIT_S)
    report = run.close()
    assert levels == [1]
    assert changes == [("relay", 1)]
    assert report.tasks["relay"].level == "half"


def test_an_alarm_that_fails_ends_the_run():
    run = LiveRun(line(None), clock=jumping())

    def fail(now_ns):
        raise ZeroDivisionError("in the alarm")

    run.after(10**8, fail)
    run.start()
    while not run.over:
        run.wait_hosted(LIMIT_S)
    assert run.close().ended_by == "error"
    assert isinstance(run.error, ZeroDivisionError)


def test_behind_a_closed_gate_nobody_is_called():
    class Ear(Task):
        name = "ear"
        inputs = (Port("in", object),)
        outputs = (Port("awake", bool),)

        def process(self, inputs):
            return [Emit("awake", inputs["in"].payload in {5, 6, 7})]

    graph = dance(60)
    graph.add(ScriptedSource("sound", every(Fraction(1, 10), 12), period_s=Fraction(1, 10)))
    graph.add(Ear())
    graph.connect("sound.out", "ear.in", capacity=2)
    graph.gate("ear.awake", ["reference", "camera", "segment_camera", "segment_reference"])
    awake = []

    class Sleep(Probe):
        def task_awake(self, task, is_awake, now_ns):
            if task == "camera":
                awake.append(is_awake)

    run = LiveRun(graph, clock=jumping(), probes=[Sleep()])
    run.after(1_200_000_000, lambda _: run.request_stop())
    run.start()
    while not (run.over or run.stopping):
        run.wait_hosted(LIMIT_S)
    report = run.close()
    assert awake == [True, False]
    assert report.tasks["camera"].runs == 10  # three tenths of a second at 30 Hz
    assert report.tasks["segment_camera"].condition == "working"  # its stream has ended


def test_a_busy_loop_makes_the_governor_give_way_until_the_run_keeps_up_again():
    """A real overload: a loop that needs two periods a call, until it is told to work at another level."""

    class Loop(Task):
        name = "loop"
        inputs = (Port("in", object),)
        levels = ("full", "lite")
        level_costs = (1.0, 0.01)
        budget_ms = 4.0
        level = 0

        def set_level(self, level):
            self.level = level

        def process(self, inputs):
            until_s = time.perf_counter() + (0.01 if self.level == 0 else 0.0)
            while time.perf_counter() < until_s:
                pass
            return ()

    graph = Graph("overload")
    graph.add(EndlessSource("camera", Fraction(1, 200)))
    graph.add(Loop())
    graph.add(RecordingSink("record"))
    graph["record"].importance = 9
    graph["record"].levels = ("full", "half")
    graph.connect("camera.out", "loop.in", capacity=1, overflow=Overflow.DROP_OLDEST)
    graph.connect("camera.out", "record.in", capacity=1000)
    heard = []

    class Levels(Probe):
        def level_changed(self, task, level, now_ns):
            heard.append((task, level))

    rules = GovernorRules(window_s=0.05, bad_windows=2, good_s=60.0, longest_good_s=60.0, settling_s=0.0)
    governor = Governor(graph, rules)
    report = run_realtime(
        graph, governor=governor, probes=[Levels()], cancelled=lambda: bool(heard) and heard[0][0] == "loop"
    )
    assert heard[0] == ("loop", 1)  # the recording is not asked before
    assert report.tasks["loop"].level == "lite"
    assert report.tasks["loop"].misses + report.tasks["loop"].dropped.get("oldest", 0) > 0
    assert report.tasks["record"].dropped == {}
    packets = [packet.sequence for packet in graph["record"].packets]
    assert packets == list(range(len(packets)))


def test_a_run_is_closed_once():
    run = LiveRun(line(1), clock=jumping())
    run.start()
    run.close()
    with pytest.raises(Exception, match="a live run was closed twice"):
        run.close()
