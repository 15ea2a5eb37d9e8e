"""The page of an evaluation: the figures, part by part, and the pictures that the model is worst at."""

from __future__ import annotations

import base64
from html import escape

import cv2
import numpy as np
from numpy.typing import NDArray

from dancelike.frames import BodyPart
from dancelike.scoring.report.shell import html_page
from dancelike.scoring.report.styles import static_text
from dancelike.theme import PART_COLOURS, rgb
from dancelike.vision.tally import TEN_PARTS, UNKNOWN
from training.check.evaluate import Case, Evaluation

__all__ = ["evaluation_page"]

_STYLE = """
main{max-width:980px;margin:0 auto;padding:24px}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(180px,1fr));gap:16px 24px;margin:0 0 40px}
.figures div{border-top:2px solid var(--line);padding:12px 0}.figures b{display:block;font-size:27px;font-weight:600}
.bars{display:grid;grid-template-columns:140px 1fr 48px;gap:10px 16px;align-items:center;margin:16px 0 40px}
.bars i{display:block;height:10px;background:var(--line)}.bars i u{display:block;height:10px;text-decoration:none}
.bars span:nth-child(3n){text-align:right;font-variant-numeric:tabular-nums}
main .cases{margin-top:0;padding-top:8px;display:grid;
grid-template-columns:repeat(auto-fill,minmax(440px,1fr));gap:24px}
.wide{overflow-x:auto;margin:16px 0 40px}.wide table{border-collapse:collapse;width:100%}
.wide th,.wide td{padding:8px 16px 8px 0;border-bottom:1px solid var(--line);text-align:left;font-weight:400}
.wide tr>:last-child{padding-right:0}
.wide td:nth-child(n+3),.wide th:nth-child(n+3){text-align:right;font-variant-numeric:tabular-nums}
.wide tbody td:nth-child(2){color:var(--quiet)}
figure{margin:0}figure img{width:100%;display:block}figcaption{padding:8px 0;color:var(--quiet)}
"""
_COLOURS = np.array([[0, 0, 0], *(rgb(PART_COLOURS[part]) for part in BodyPart if part)], np.uint8)
_OF_TEN = (1, 2, 3, 4, 5, 6, 9, 10, 11, 12)


def _painted(picture: NDArray[np.uint8], labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    grey = (picture.mean(-1, keepdims=True) * 0.5).astype(np.uint8).repeat(3, -1)
    known = np.where(labels == UNKNOWN, 0, labels)
    mixed = np.where((known > 0)[..., None], _COLOURS[known] * 0.75 + grey * 0.25, grey)
    mixed[labels == UNKNOWN] = (70, 70, 70)
    return mixed.astype(np.uint8)


def _case(case: Case) -> str:
    row = np.concatenate([case.rgb, _painted(case.rgb, case.truth), _painted(case.rgb, case.answer)], 1)
    data = cv2.imencode(".jpg", row[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
    source = base64.b64encode(data).decode()
    words = f"picture {case.index}: parts {case.figures.parts:.2f}, person {case.figures.person:.2f}"
    return (
        f'<figure><img alt="picture, truth, answer" src="data:image/jpeg;base64,{source}">'
        f"<figcaption>{words}</figcaption></figure>"
    )


def evaluation_page(found: Evaluation) -> str:
    """Return the page as HTML; the same evaluation gives the same text."""
    f = found.figures
    cells = [
        ("mean IoU, ten parts", f"{f.parts:.3f}"), ("IoU, person", f"{f.person:.3f}"),
        ("sides merged", f"{f.merged:.3f}"), ("limbs on the wrong side", f"{100 * f.swapped:.1f} %"),
        ("nobody found", f"{found.missed} of {found.pictures}"), ("a look", f"{found.latency_ms:.1f} ms"),
    ]  # fmt: skip
    if found.joint_error is not None:
        cells.append(("joints off, of the body", f"{100 * found.joint_error:.1f} %"))
    figures = "".join(f'<div><b>{value}</b><span class="quiet">{name}</span></div>' for name, value in cells)
    bars = "".join(
        f'<span>{name}</span><i><u style="width:{100 * value:.1f}%;background:{PART_COLOURS[BodyPart(part)]}"></u></i>'
        f"<span>{value:.2f}</span>"
        for name, value, part in zip(TEN_PARTS, f.by_part, _OF_TEN, strict=True)
    )
    groups = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="quiet">{escape(criterion)}</td><td>{count}</td>'
        f"<td>{g.parts:.3f}</td><td>{g.person:.3f}</td><td>{100 * g.swapped:.1f} %</td></tr>"
        for criterion, members in found.groups.items()
        for name, (count, g) in members.items()
    )
    cases = "".join(map(_case, found.worst))
    return html_page(
        "Evaluation · dancelike",
        '<header class="bar"><p class="wordmark">dancelike</p><p class="clips"><span class="quiet">Evaluation'
        f" of</span> {escape(found.model)} on {escape(found.data)}, {found.pictures} pictures</p></header><main>"
        f'<section class="figures">{figures}</section><h2>By part</h2><section class="bars">{bars}</section>'
        '<h2>By group</h2><div class="wide"><table><thead><tr><th>Group</th><th>By</th><th>Pictures</th>'
        f"<th>Ten parts</th><th>Person</th><th>Wrong side</th></tr></thead><tbody>{groups}</tbody></table></div>"
        '<h2>Worst pictures</h2><p class="quiet">The picture, what is there, what the model says.</p>'
        f'<section class="cases">{cases}</section></main>',
        data={},
        style=static_text("report.css") + _STYLE,
        script="",
        charts=False,
    )
