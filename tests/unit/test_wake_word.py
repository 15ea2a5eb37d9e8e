"""From sound to the wake word: the gates, the network under two interpreters, and the graph around them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from dancelike.bundled import bundled_path
from dancelike.errors import DeviceError, ModelError, ModelNotFoundError
from dancelike.graph import RUN_TIME_BASE, Packet
from dancelike.media.microphone import BLOCK, HEARD_RATE, Microphone, SoundBlock
from dancelike.tasks.sound_gate import SoundGate, VoiceGate
from dancelike.tasks.wake_word import WakeWordTask
from dancelike.testing.devices import FakeRunClock
from dancelike.timebase import Timestamp
from dancelike.vision.micro import MicroInterpreter, micro_available
from dancelike.vision.wake_word import can_hear, load_wake_word

SPOKEN = Path(__file__).resolve().parents[1] / "data" / "okay_nabu.flac"
MODEL = bundled_path("models") / "okay_nabu.tflite"
SPEECH = Path(__file__).resolve().parents[3] / "shared" / "data" / "speech"
hears = pytest.mark.skipif(not can_hear(), reason="the package pymicro-features is not installed")


def read(path):
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=HEARD_RATE)
        parts = [p.to_ndarray().reshape(-1) for f in container.decode(audio=0) for p in resampler.resample(f)]
    return np.concatenate(parts)


def blocks(samples):
    for k in range(len(samples) // BLOCK):
        stamp = Timestamp(round(Fraction(k * BLOCK, HEARD_RATE) * 10**9), RUN_TIME_BASE)
        yield Packet(stamp, k, SoundBlock(stamp, samples[k * BLOCK : (k + 1) * BLOCK]))


def noise(seconds, level, seed=1):
    rng = np.random.default_rng(seed)
    return (level * rng.normal(size=int(seconds * HEARD_RATE))).clip(-32768, 32767).astype(np.int16)


def passed(gate, samples):
    """What comes through a gate, and when it opened and closed."""
    out, turns = [], []
    for packet in blocks(samples):
        for emit in gate.process({"blocks": packet}):
            if emit.port == "awake":
                turns.append((packet.sequence, emit.payload))
            else:
                out.append(Packet(emit.timestamp, len(out), emit.payload))
    return out, turns


def test_silence_stays_behind_the_first_gate_and_a_word_comes_through_whole():
    samples = np.concatenate([noise(3, 12), read(SPOKEN), noise(4, 12, 2)])
    loud, turns = passed(SoundGate("sound"), samples)
    assert [awake for _, awake in turns] == [True, False] * (len(turns) // 2)
    assert len(loud) < 0.5 * len(samples) / BLOCK
    stamps = [packet.timestamp.seconds for packet in loud]
    assert stamps == sorted(stamps)
    voiced, turns = passed_packets(VoiceGate("voice"), loud)
    assert turns[0] is True
    assert len(voiced) >= 0.6 * HEARD_RATE / BLOCK


def passed_packets(gate, packets):
    out, turns = [], []
    for packet in packets:
        for emit in gate.process({"blocks": packet}):
            if emit.port == "awake":
                turns.append(emit.payload)
            else:
                out.append(Packet(emit.timestamp, len(out), emit.payload))
    return out, turns


def test_a_fan_closes_the_gate_again_and_a_bang_is_no_voice():
    fan = noise(40, 900)
    _, turns = passed(SoundGate("sound"), np.concatenate([noise(5, 10), fan]))
    assert turns[-1][1] is False
    bang = np.concatenate([noise(1, 20), noise(0.4, 9000), noise(1, 20)])
    voiced, turns = passed(VoiceGate("voice"), bang)
    assert (voiced, turns) == ([], [])


@hears
@pytest.mark.parametrize("runtime", ["litert", "micro"])
def test_the_word_is_heard_once_and_other_sounds_are_not(runtime):
    if runtime == "micro" and not micro_available():
        pytest.skip("the package tflite-micro is not installed")
    task = WakeWordTask("word", lambda: load_wake_word(runtime=runtime))
    task.start()
    samples = np.concatenate([noise(1, 30), read(SPOKEN), noise(2, 30), read(SPOKEN), noise(3, 4000)])
    heard = [p.timestamp.seconds for p in blocks(samples) if task.process({"blocks": p})]
    task.stop()
    assert len(heard) == 2
    length_s = len(read(SPOKEN)) / HEARD_RATE
    assert 1.0 < heard[0] < 1.0 + length_s
    assert 3.0 + length_s < heard[1] < 3.0 + 2 * length_s


@hears
def test_the_whole_chain_hears_the_word_behind_its_gates():
    samples = np.concatenate([noise(5, 12), read(SPOKEN), noise(3, 12)])
    loud, _ = passed(SoundGate("sound"), samples)
    voiced, _ = passed_packets(VoiceGate("voice"), loud)
    task = WakeWordTask("word", load_wake_word)
    task.start()
    assert sum(bool(task.process({"blocks": packet})) for packet in voiced) == 1
    task.stop()


@hears
@pytest.mark.skipif(not SPEECH.is_dir(), reason="the shared clips of speech are not beside this checkout")
def test_other_words_do_not_wake():
    word = load_wake_word()
    for path in sorted(SPEECH.glob("*.wav")):
        word.reset()
        assert not any(word.hear(p.payload.samples) for p in blocks(np.concatenate([read(path)] * 5))), path


@pytest.mark.skipif(not micro_available(), reason="the package tflite-micro is not installed")
def test_tflite_micro_gives_what_the_reference_kernels_give():
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    micro = MicroInterpreter(MODEL)
    reference = Interpreter(str(MODEL), experimental_op_resolver_type=OpResolverType.BUILTIN_REF, num_threads=1)
    reference.allocate_tensors()
    taken, given = reference.get_input_details()[0], reference.get_output_details()[0]
    assert (micro.inputs[0].scale, micro.inputs[0].zero_point) == pytest.approx(taken["quantization"])
    rng = np.random.default_rng(4)
    for _ in range(200):  # the state goes on from call to call
        rows = rng.integers(-128, 128, (1, 3, 40)).astype(np.int8)
        reference.set_tensor(taken["index"], rows)
        reference.invoke()
        np.testing.assert_array_equal(micro.run(rows, ("output",))[0], reference.get_tensor(given["index"]))


def test_what_cannot_be_loaded_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(ModelNotFoundError, match="there is no wake word called 'waltz'; there is okay-nabu"):
        load_wake_word("waltz")
    with pytest.raises(ModelNotFoundError, match="there is no model file"):
        MicroInterpreter(tmp_path / "none.tflite")
    with pytest.raises(DeviceError, match=r"microphone 'no such device' cannot be used \(.*\): plug one in"):
        Microphone("no such device", FakeRunClock())


@pytest.mark.skipif(not micro_available(), reason="the package tflite-micro is not installed")
def test_a_tensor_that_does_not_fit_is_refused():
    with pytest.raises(ModelError, match=r"must be int8 of shape \[1, 3, 40\], but is float32"):
        MicroInterpreter(MODEL).run(np.zeros((1, 3, 40), np.float32), ("output",))


def test_a_recording_plays_at_its_pace_and_is_silent_afterwards():
    clock = FakeRunClock()
    with Microphone(str(SPOKEN), clock, wait=clock.wait) as microphone:
        heard = [microphone.read() for _ in range(120)]
    samples = np.concatenate([block.samples for block in heard])
    whole = read(SPOKEN)
    count = len(whole) // BLOCK * BLOCK
    np.testing.assert_array_equal(samples[:count], whole[:count])
    assert not samples[count + BLOCK :].any()
    assert clock.now_ns == pytest.approx(120 * BLOCK / HEARD_RATE * 1e9)
