"""The curves of a training as one page without scripts."""

from __future__ import annotations

from pathlib import Path

from dancelike.errors import OutputError
from dancelike.scoring.report.shell import html_page
from dancelike.scoring.report.styles import static_text
from training.learn.checkpoint import Checkpoint

__all__ = ["curves_page", "write_curves"]

_WIDE, _HIGH, _LEFT, _FOOT = 720, 240, 44, 28
_COLOURS = {"synthetic": "var(--reference)", "real": "var(--dancer)"}  # of the theme: readable by day and by night
_CHARTS = (
    ("parts", "Mean IoU of ten parts", False), ("person", "IoU of the person", False),
    ("swapped", "Limb pixels on the wrong side", True),
)  # fmt: skip


def _chart(history: list[dict[str, float]], key: str, title: str, *, percent: bool) -> str:
    """Draw one figure over the pictures seen; the last value stands beside its line."""
    last = max(history[-1]["passes"], 1.0)
    names = [name for name in _COLOURS if f"{name}_{key}" in history[-1]]
    top = max([0.1, *(entry.get(f"{name}_{key}", 0.0) for name in names for entry in history)])
    top = -(-top // 0.1) * 0.1
    inner_w, inner_h = _WIDE - _LEFT - 110, _HIGH - _FOOT - 12

    def place(passes: float, value: float) -> tuple[float, float]:
        return _LEFT + inner_w * passes / last, 12 + inner_h * (1 - value / top)

    def words(value: float) -> str:
        return f"{100 * value:.0f} %" if percent else f"{value:.2f}"

    parts = []
    for value in (0.0, top / 2, top):
        y = place(0, value)[1]
        parts.append(f'<line x1="{_LEFT}" x2="{_LEFT + inner_w}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" class="tick" text-anchor="end">{words(value)}</text>')
    for share in (0.0, 0.5, 1.0):
        x = place(share * last, 0)[0]
        parts.append(
            f'<text x="{x:.1f}" y="{_HIGH - 6}" class="tick" text-anchor="middle">{share * last / 1000:.0f} k</text>'
        )
    ends: list[float] = []
    for name in names:
        line = [place(e["passes"], e[f"{name}_{key}"]) for e in history if f"{name}_{key}" in e]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" style="stroke:{_COLOURS[name]}" stroke-width="2"/>')
        y = line[-1][1]
        while any(abs(y - other) < 18 for other in ends):
            y += 18
        ends.append(y)
        value = words(history[-1][f"{name}_{key}"])
        parts.append(
            f'<text x="{_LEFT + inner_w + 8}" y="{y + 5:.1f}" style="fill:{_COLOURS[name]}" class="end">'
            f"{name} {value}</text>"
        )
    body = "".join(parts)
    return f'<section><h2>{title}</h2><svg viewBox="0 0 {_WIDE} {_HIGH}" role="img">{body}</svg></section>'


_STYLE = """
main{max-width:760px;margin:0 auto;padding:24px}section{margin:0 0 32px}
.grid{stroke:var(--line)}.tick{fill:var(--quiet);font-size:12px}.end{font-size:14px}svg{width:100%;height:auto}
"""


def curves_page(state: Checkpoint) -> str:
    """Return the page of a training that has looked at held-out pictures at least once."""
    charts = "".join(_chart(state.history, key, title, percent=percent) for key, title, percent in _CHARTS)
    about = state.about["settings"]
    return html_page(
        "Training · dancelike",
        '<header class="bar"><p class="wordmark">dancelike</p><p class="clips"><span class="quiet">Training after'
        f"</span> {state.passes:,} pictures</p></header><main>{charts}"
        f'<p class="quiet">Measured on held-out pictures of {about["size"]} pixels with the mean of the weights over '
        f"time; {state.step:,} steps of {about['batch']}.</p></main>",
        data={},
        style=static_text("report.css") + _STYLE,
        script="",
        charts=False,
    )


def write_curves(path: Path, state: Checkpoint) -> None:
    """Write the page.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    try:
        path.write_text(curves_page(state), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write '{path}' ({error.strerror}); choose another folder with --out") from error
