"""The report page: self-contained, honest about what is missing, and never at a loss."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from dancelike import theme
from dancelike.frames import PART_COUNT, BodyPart
from dancelike.scoring.findings import Finding, findings
from dancelike.scoring.report import MomentPictures, render_report
from dancelike.scoring.report.charts import MOST_POINTS, chart_data, json_script
from dancelike.scoring.report.figure import body_figure, grown, shape_css
from dancelike.scoring.report.pictures import PICTURE_SIZE, framed_pair, overlaid
from dancelike.scoring.report.styles import tokens
from dancelike.scoring.wording import sentences, warnings

KEYS = [part.key for part in BodyPart if part is not BodyPart.BACKGROUND]


def sample_score(points: int = 450, seed: int = 3) -> dict[str, Any]:
    """Fabricate a score of the contract: the left arm late from 6 to 10 s, the feet out of the picture from 4 s on."""
    rng = np.random.default_rng(seed)
    t = np.arange(points) / 30.0

    def wave(low: float, high: float, rate: float, phase: float) -> np.ndarray:
        noise = np.convolve(rng.normal(0, 1, points + 30), np.hanning(31) / 15, "valid")[:points]
        return np.clip(low + (high - low) * (0.5 + 0.5 * np.sin(rate * t + phase)) + 6 * noise, 0, 100)

    late_arm = (t > 6) & (t < 10)
    shapes, leads = {}, {}
    for n, key in enumerate(KEYS):
        shapes[key] = wave(66, 96, 0.7 + 0.05 * n, n)
        leads[key] = 18 * np.sin(0.9 * t + n) + rng.normal(0, 4, points)
        if key.startswith("left_") and key.endswith(("arm", "hand")):
            leads[key] = leads[key] + 165.0 * late_arm
            shapes[key] = shapes[key] - 26 * late_arm
    seen = {key: np.ones(points, bool) for key in KEYS}
    for key in ("left_foot", "right_foot"):
        seen[key] = t < 4
    shape = np.mean([shapes[key] for key in KEYS], axis=0)
    lead = np.mean([leads[key] for key in KEYS], axis=0)
    hidden = (t > 12.2) & (t < 12.9)
    words = ("miss", "ok", "good", "great", "perfect")
    cuts = (40, 60, 75, 85)

    def number(value: float, known: bool = True) -> float | None:
        return round(float(value), 2) if known else None

    timeline = [
        {
            "t_s": round(float(t[i]), 4),
            "shape": number(shape[i], not hidden[i]),
            "lead_ms": number(lead[i], not hidden[i]),
            "grade": words[int(np.searchsorted(cuts, shape[i]))],
            "parts": {
                key: {
                    "shape": number(shapes[key][i], bool(seen[key][i]) and not hidden[i]),
                    "lead_ms": number(leads[key][i], bool(seen[key][i]) and not hidden[i]),
                }
                for key in KEYS
            },
        }
        for i in range(points)
    ]
    parts = {
        key: {
            "shape": number(shapes[key].mean()),
            "lead_ms": number(np.median(leads[key][late_arm] if late_arm.any() else leads[key])),
            "coverage": 0.98,
        }
        for key in KEYS
    }
    parts["left_foot"] = {"shape": None, "lead_ms": None, "coverage": 0.1}
    parts["right_foot"] = {"shape": 61.0, "lead_ms": None, "coverage": 0.3}
    parts["right_shin"]["shape"] = 38.0
    parts["right_thigh"]["lead_ms"] = -72.0
    take = t + 0.42 + 0.5 * np.clip(t - 9, 0, 2) * 0.4

    def moment(at: float, text: str) -> dict[str, Any]:
        return {"t_s": at, "take_s": at + 0.42, "shape": 70.0, "lead_ms": None, "caption": text}

    return {
        "schema": "dancelike.score/1",
        "reference": {
            "path": "clips/reference.mp4",
            "duration_s": 15.0,
            "frames": points,
            "frame_rate": "30000/1001",
            "sha256": "ab" * 32,
        },
        "take": {
            "path": "clips/my take.mp4",
            "duration_s": 15.9,
            "frames": 477,
            "frame_rate": "30/1",
            "sha256": "cd" * 32,
        },
        "mirrored": False,
        "score": 78.4,
        "grade": "B",
        "shape": 81.2,
        "timing": {
            "score": 74.0,
            "offset_s": 0.42,
            "tempo": 0.97,
            "lead_ms": 12.0,
            "spread_ms": 41.0,
            "resolution_ms": 8.0,
        },
        "coverage": 0.93,
        "parts": parts,
        "alignment": {"reference_s": [round(float(v), 4) for v in t], "take_s": [round(float(v), 4) for v in take]},
        "timeline": timeline,
        "moments": {
            "best": [
                moment(1.4, "All limbs on the line."),
                moment(4.6, "The turn lands with the beat."),
                moment(13.6, "A clean, high finish."),
            ],
            "worst": [
                moment(7.1, "Lift your left arm higher."),
                moment(8.9, "Your left arm comes late."),
                moment(11.2, "Bend the right knee more."),
            ],
        },
        "model": {"name": "blazepose-full", "sha256": "ef" * 32, "runtime": "litert", "delegate": "xnnpack"},
        "version": "0.1.0",
    }


def dancer(
    height: int = 360, width: int = 640, lift: float = 0.0, size: float = 1.0, x: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a plain dancer: a picture and its label map; the left arm goes up by ``lift`` (0 to 1)."""
    import cv2

    labels = np.zeros((height, width), np.uint8)
    unit = height * 0.12 * size
    cx, hip = width * x, height * 0.52

    def limb(part: BodyPart, ax: float, ay: float, bx: float, by: float, thick: float) -> None:
        ends = [(int(cx + px * unit), int(hip + py * unit)) for px, py in ((ax, ay), (bx, by))]
        cv2.line(labels, ends[0], ends[1], int(part), max(2, int(thick * unit)))

    limb(BodyPart.TORSO, 0, -1.7, 0, 0, 0.9)
    for side, sign in (("LEFT", 1), ("RIGHT", -1)):
        up = lift if side == "LEFT" else 0.2
        elbow = (sign * (0.5 + 0.9), -1.9 + 0.9 - 1.4 * up)
        wrist = (elbow[0] + sign * 0.5, elbow[1] + 0.8 - 1.9 * up)
        limb(BodyPart[f"{side}_UPPER_ARM"], sign * 0.5, -1.9, *elbow, 0.32)
        limb(BodyPart[f"{side}_FOREARM"], *elbow, *wrist, 0.28)
        limb(BodyPart[f"{side}_HAND"], *wrist, wrist[0] + sign * 0.15, wrist[1] - 0.1, 0.3)
        limb(BodyPart[f"{side}_THIGH"], sign * 0.25, 0, sign * 0.5, 1.4, 0.42)
        limb(BodyPart[f"{side}_SHIN"], sign * 0.5, 1.4, sign * 0.55, 2.7, 0.34)
        limb(BodyPart[f"{side}_FOOT"], sign * 0.55, 2.8, sign * 0.8, 2.9, 0.26)
    cv2.circle(labels, (int(cx), int(hip - 2.6 * unit)), int(0.42 * unit), int(BodyPart.HEAD), -1)
    rows = np.linspace(60, 110, height)[:, None, None]
    picture = np.broadcast_to(rows, (height, width, 3)).copy()
    picture[labels > 0] = (150, 120, 104)
    return np.clip(picture, 0, 255).astype(np.uint8), labels


def sample_pictures(count: int = 3) -> list[MomentPictures]:
    out = []
    for kind in ("best", "worst"):
        for n in range(count):
            first, first_labels = dancer(lift=0.2 + 0.3 * n)
            second, second_labels = dancer(480, 360, lift=0.2 + 0.3 * n if kind == "best" else 0.0, size=0.7, x=0.45)
            out.append(
                MomentPictures(
                    kind,
                    1.4 + 3.1 * n,
                    1.8 + 3.1 * n,
                    first,
                    second,
                    first_labels,
                    second_labels,
                    "Lift your left arm.",
                )  # type: ignore[arg-type]
            )
    return out


class _Loads(HTMLParser):
    """Collect whatever a browser would fetch for the page, apart from what is inside it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []
        self.scripts_and_styles = ""
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside = tag
        for name, value in attrs:
            fetched = name in ("src", "href", "xlink:href", "srcset", "poster", "action", "data")
            if fetched and value and not value.startswith(("data:", "#")):
                self.found.append(value)
            if name == "style" and value and "url(" in value:
                self.found += [u for u in re.findall(r"url\(([^)]*)", value) if not u.startswith(("#", "data:"))]

    def handle_data(self, data: str) -> None:
        if self._inside == "style":
            self.found += [u for u in re.findall(r"url\(([^)]*)", data) if not u.startswith(("#", "data:"))]
            self.found += re.findall(r"@import[^;]*", data)


def loads(html: str) -> _Loads:
    parser = _Loads()
    parser.feed(html)
    parser.close()
    return parser


@pytest.fixture(scope="module")
def page() -> str:
    return render_report(sample_score(), sample_pictures())


def test_the_page_loads_nothing_from_anywhere(page: str) -> None:
    parsed = loads(page)
    assert parsed.found == []
    assert not {"link", "iframe", "object", "embed", "base"} & set(parsed.tags)
    assert "default-src 'none'" in page


def test_the_check_for_loads_can_fail() -> None:
    bad = (
        '<img src="https://example.org/a.png"><style>a{background:url(b.png)}@import "c.css";</style>'
        '<script src="d.js"></script>'
    )
    assert loads(bad).found == ["https://example.org/a.png", "b.png", '@import "c.css"', "d.js"]


def test_the_page_is_small_and_the_same_every_time(page: str) -> None:
    assert len(page.encode()) < 2_000_000
    assert render_report(sample_score(), sample_pictures()) == page


def test_the_page_says_what_the_score_says(page: str) -> None:
    for text in (
        "78",
        "Good",
        "168\u2009ms late",
        "blazepose-full",
        "my take.mp4",
        "29.97\u2009fps",
        "Lift your left arm.",
    ):
        assert text in page
    assert page.count("data:image/jpeg") == 12
    assert page.count('class="pick"') == 14


def test_names_of_files_cannot_break_out_of_the_page() -> None:
    score = sample_score(30)
    score["take"]["path"] = score["model"]["name"] = "</script><script>alert(1)</script>.mp4"
    score["moments"]["best"][0]["caption"] = "</script><b>"
    assert "<script>alert" not in render_report(score)
    assert "</script" not in json_script({"a": "</script>\u2028"})


def test_missing_figures_are_drawn_as_missing() -> None:
    score = sample_score(40)
    for key in KEYS[1:]:
        score["parts"][key] = {"shape": None, "lead_ms": None, "coverage": 0.0}
    for point in score["timeline"]:
        point.update(shape=None, lead_ms=None, parts={})
    score["timing"] = dict.fromkeys(score["timing"])
    score["moments"] = {"best": [], "worst": []}
    score["alignment"] = {"reference_s": [], "take_s": []}
    html = render_report(score)
    assert html.count("not seen</span>") >= 13
    assert 'id="chart-path"' not in html
    assert "no common beat" in html
    assert "Step back" in html
    assert "None" not in re.sub(r"<(script|style).*?</\1>", "", html, flags=re.S)


@pytest.mark.parametrize(
    "missing",
    ["reference", "take", "timing", "coverage", "parts", "alignment", "timeline", "moments", "model", "grade"],
)
def test_a_score_without_a_section_still_makes_a_page(missing: str) -> None:
    score = sample_score(20)
    for value in (
        ({}, None) if missing in ("timing", "parts", "alignment", "moments", "model", "take", "reference") else (None,)
    ):
        score[missing] = value
        assert render_report(score).endswith("</html>\n")
    del score[missing]
    assert render_report(score).endswith("</html>\n")


def test_a_long_timeline_is_averaged_down() -> None:
    points = 4 * MOST_POINTS + 3
    timeline = [
        {"t_s": i / 30, "shape": 50.0 + 10.0 * (i % 2), "lead_ms": None, "grade": "good"} for i in range(points)
    ]
    data = chart_data({"timeline": timeline})
    assert len(data["t"]) == MOST_POINTS
    assert data["t"] == sorted(data["t"])
    assert all(54 <= value <= 56 for value in data["shape"])
    assert set(data["lead"]) == {None}
    assert set(data["grade"]) == {2}


def test_parts_of_the_timeline_may_be_bare_shapes() -> None:
    data = chart_data({"timeline": [{"t_s": 0.0, "parts": {"head": 70.0, "torso": {"shape": 60, "lead_ms": -5}}}]})
    assert data["parts"] == {"head": {"shape": [70], "lead": [None]}, "torso": {"shape": [60], "lead": [-5]}}


def test_the_sentence_names_the_limb_the_size_and_the_place() -> None:
    said = " ".join(sentences(sample_score()))
    assert re.search(r"Your left arm was 1\d\d\u2009ms late from 6\.\d to (9\.9|10\.0)\u2009s", said), said
    assert "right leg" in said


def test_both_arms_late_are_said_as_arms() -> None:
    lead = {
        key: {"shape": 80.0, "lead_ms": 120.0 if "arm" in key or "hand" in key else 5.0, "coverage": 1.0}
        for key in KEYS
    }
    score = {"score": 80.0, "shape": 80.0, "parts": lead}
    assert findings(score) == [Finding("lead", "arms", None, None, 120.0)]
    assert sentences(score)[0] == "Your arms were 120\u2009ms late; everything else was together."


@pytest.mark.parametrize("total", [0.0, 20.0])
def test_another_dance_is_said_to_be_another_dance(total: float) -> None:
    assert "Check that both clips show the same dance" in sentences({**sample_score(20), "score": total})[1]


def test_a_late_passage_is_named_with_its_size_and_place() -> None:
    score = sample_score(300)
    score["parts"] = {key: {"shape": 80.0, "lead_ms": 4.0, "coverage": 1.0} for key in KEYS}
    for point in score["timeline"]:
        point.update(lead_ms=180.0 if 4.0 <= point["t_s"] <= 6.5 else -20.0, parts={})
    assert sentences(score)[0] == "You were about 180\u2009ms late from 4.0 to 6.5\u2009s; count that passage aloud."
    for point in score["timeline"]:
        point["lead_ms"] = 180.0 if 4.0 <= point["t_s"] <= 4.5 else -20.0
    assert "180" not in " ".join(sentences(score))


def test_a_slower_passage_and_a_break_are_told_as_the_timing_found_them() -> None:
    timing = {
        "tempo": 1.0,
        "lead_ms": 4.0,
        "passages": [{"start_s": 6.0, "end_s": 10.0, "tempo": 0.8}],
        "breaks": [{"t_s": 12.0, "lost_s": 0.6}, {"t_s": 13.0, "lost_s": 0.2}],
    }
    score = {"timing": timing, "timeline": [{"t_s": v / 4, "lead_ms": 4.0} for v in range(60)]}
    assert findings(score) == [Finding("tempo", None, 6.0, 10.0, 0.8), Finding("break", None, 12.0, 12.0, 0.6)]
    assert sentences(score) == [
        "You were slower from 6.0 to 10.0\u2009s: 0.80 times the reference's tempo.",
        "You stood still for 0.6\u2009s at 12.0\u2009s.",
    ]
    timing.update(
        tempo=0.5, passages=[{"start_s": 6.0, "end_s": 10.0, "tempo": 0.6}], breaks=[{"t_s": 3, "lost_s": -1}]
    )
    assert sentences(score) == [
        "You were faster from 6.0 to 10.0\u2009s: 1.20 times your usual tempo.",
        "You left out 1.0\u2009s at 3.0\u2009s.",
    ]


def test_a_limb_that_drops_for_a_while_is_found_there() -> None:
    points = []
    for t in np.arange(0, 12, 0.25):
        low = 4.0 <= t <= 6.0
        points.append(
            {
                "t_s": float(t),
                "parts": {k: 50.0 if low and k.startswith("right") and "arm" in k else 90.0 for k in KEYS},
            }
        )
    (found,) = findings({"timeline": points})
    assert (found.kind, found.limb, found.start_s, found.end_s) == ("shape", "right arm", 4.0, 6.0)


def test_only_leads_of_weight_are_named_beside_the_first() -> None:
    parts = {key: {"shape": 80.0, "lead_ms": 0.0, "coverage": 1.0} for key in KEYS}
    for key, lead in (("left_hand", 200.0), ("head", 150.0), ("torso", 61.0)):
        for own in KEYS:
            if own == key or (key == "left_hand" and own in ("left_upper_arm", "left_forearm")):
                parts[own]["lead_ms"] = lead
    said = sentences({"score": 80.0, "parts": parts})[0]
    assert said == "Your left arm was 200\u2009ms late; look at your head too."


def test_small_leads_are_personal_style() -> None:
    parts = {key: {"shape": 80.0, "lead_ms": 59.0, "coverage": 1.0} for key in KEYS}
    assert findings({"parts": parts}) == []


def test_warnings_say_what_to_do_next() -> None:
    assert warnings(sample_score(20)) == [
        "We could not see your feet well. Tilt the camera or step back, so that they stay in the picture."
    ]
    assert warnings({**sample_score(20), "warnings": ["Turn to the camera.", {"message": "More light."}]}) == [
        "Turn to the camera.",
        "More light.",
    ]


def test_the_figure_shows_better_parts_fuller_and_unseen_parts_hatched() -> None:
    assert grown(0.0) < grown(50.0) < grown(100.0) == 1.0
    assert len({shape_css(v) for v in (None, 0.0, 25.0, 50.0, 70.0, 85.0)}) == 6
    assert shape_css(85.0) == shape_css(100.0)
    svg = body_figure({"head": {"shape": 90.0, "lead_ms": -80.0}}, name="x", labels=True)
    assert svg.count('class="part') == 14
    assert svg.count("url(#x-hatch)") == 13
    assert "Head: shape 90 of 100, 80\u2009ms early" in svg
    assert svg.count('class="lead early"') == 1


def test_left_is_the_dancers_own_and_so_on_the_viewers_right() -> None:
    svg = body_figure({}, name="x", labels=True)
    place = {key: float(re.search(rf'data-part="{key}" transform="translate\(([\d.]+)', svg)[1]) for key in KEYS}  # type: ignore[index]
    assert all(place[f"left_{rest}"] > 220 > place[f"right_{rest}"] for rest in ("hand", "forearm", "shin", "foot"))


def luminance(colour: str) -> float:
    channels = [v / 255 for v in theme.rgb(colour)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in channels]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("stage", [theme.DARK, theme.LIGHT], ids=["dark", "light"])
def test_text_reaches_its_contrast(stage: theme.Theme) -> None:
    for ground in (stage.background, stage.surface):
        for ink in (stage.text, stage.quiet, stage.accent):
            assert contrast(ink, ground) >= 4.5


def test_marks_of_the_light_theme_can_be_seen() -> None:
    marks = [colour for _, colour in theme.SHAPE_RAMP_LIGHT]
    for colour in (*marks, theme.LEAD_EARLY_LIGHT, theme.LEAD_LATE_LIGHT):
        assert contrast(colour, theme.LIGHT.background) >= 3.0


def test_every_token_of_the_style_sheet_exists(page: str) -> None:
    used = set(re.findall(r"var\((--[a-z0-9_-]+)", page))
    assert used <= set(re.findall(r"(--[a-z0-9_-]+):", tokens()))


def test_both_dancers_are_framed_alike() -> None:
    moment = sample_pictures(1)[0]
    heights = []
    for labels, picture in ((moment.reference_labels, moment.reference_rgb), (moment.take_labels, moment.take_rgb)):
        assert labels is not None
        shown = MomentPictures(
            "best", 0, 0, np.repeat(((labels > 0) * 255).astype(np.uint8)[..., None], 3, axis=2), picture, labels
        )
        mask = framed_pair(shown)[0]
        assert mask.shape == (PICTURE_SIZE[1], PICTURE_SIZE[0], 3)
        heights.append(int(np.ptp(np.flatnonzero((mask.max(axis=2) > 128).any(axis=1)))))
    assert abs(heights[0] - heights[1]) < 0.03 * PICTURE_SIZE[1]
    assert min(heights) > 0.6 * PICTURE_SIZE[1]


def test_pictures_without_a_dancer_are_shown_whole() -> None:
    picture = np.full((90, 160, 3), 200, np.uint8)
    first, second = framed_pair(MomentPictures("worst", 0, 0, picture, picture, None, np.zeros((90, 160), np.uint8)))
    assert np.array_equal(first, second)
    assert (first[240, 8:-8] == 200).all()
    assert tuple(first[0, 0]) == theme.rgb(theme.DARK.background)


def test_a_limb_that_leaves_the_frame_is_not_drawn_on_beyond_it() -> None:
    picture = np.full((200, 320, 3), 90, np.uint8)
    labels = np.zeros((200, 320), np.uint8)
    labels[:, 150:156] = BodyPart.LEFT_FOREARM
    picture[labels > 0] = 255
    bare = MomentPictures("best", 0, 0, picture, picture, labels, labels)
    first, _ = framed_pair(bare)
    inside, beyond = first[PICTURE_SIZE[1] // 2], first[2]
    assert np.ptp(inside.astype(int), axis=0).max() > 60
    assert np.ptp(beyond.astype(int), axis=0).max() < 40


def test_the_overlay_colours_parts_and_leaves_the_face_free() -> None:
    picture, labels = dancer(size=1.6)
    out = overlaid(picture, labels)
    assert np.array_equal(out[labels == 0], picture[labels == 0])
    rows, columns = np.nonzero(labels == BodyPart.HEAD)
    centre = int(rows.mean()), int(columns.mean())
    assert tuple(out[centre]) == tuple(picture[centre])
    torso = np.argwhere(labels == BodyPart.TORSO).mean(axis=0).astype(int)
    wanted = 0.55 * picture[tuple(torso)] + 0.45 * np.array(theme.rgb(theme.PART_COLOURS[BodyPart.TORSO]))
    assert np.abs(out[tuple(torso)] - wanted).max() <= 1
    assert labels.max() < PART_COUNT


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"kind": "middling"}, 'must be "best" or "worst", but is \'middling\''),
        (
            {"take_rgb": np.zeros((4, 4), np.uint8)},
            r"take_rgb must be uint8 of shape \[h, w, 3\], but is uint8 of shape \[4, 4\]",
        ),
        (
            {"take_labels": np.zeros((3, 4), np.uint8)},
            r"take_labels must be uint8 of shape \[4, 4\], but is uint8 of shape \[3, 4\]",
        ),
    ],
)
def test_wrong_pictures_are_refused(change: dict[str, Any], text: str) -> None:
    good = {
        "kind": "best",
        "t_s": 0.0,
        "take_s": 0.0,
        "reference_rgb": np.zeros((4, 4, 3), np.uint8),
        "take_rgb": np.zeros((4, 4, 3), np.uint8),
    }
    with pytest.raises(ValueError, match=text):
        MomentPictures(**{**good, **change})


def test_chart_data_is_json_without_nan() -> None:
    score = sample_score(10)
    score["timeline"][3]["shape"] = float("nan")
    assert json.loads(json_script(chart_data(score)))["shape"][3] is None
