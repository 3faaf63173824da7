"""The mark of an organisation: one of eight shapes with one of eight signs in it, beside its code. No colour is needed.

Marks follow the organisations' ids, so the first sixty-four are all different and none ever changes; whichever comes
after them repeats a mark and is told apart by its code.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import cos, pi, sin

from flask import Flask
from markupsafe import Markup

Point = tuple[float, float]
MIDDLE = 10.0  # marks are drawn in a square of twenty by twenty
CIRCLE = "M{x} {top}a{r} {r} 0 1 0 .01 0z"


def _polygon(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:.4g} {y:.4g}" for x, y in points) + "z"


def _circle(x: float, y: float, radius: float) -> str:
    return CIRCLE.format(x=f"{x:.4g}", top=f"{y - radius:.4g}", r=f"{radius:.4g}")


def _star() -> list[Point]:
    radii = (9.8, 4.9) * 5
    return [(MIDDLE + r * sin(i * pi / 5), MIDDLE + 0.6 - r * cos(i * pi / 5)) for i, r in enumerate(radii)]


def _turned(points: Sequence[Point]) -> list[Point]:
    """Return the points turned by an eighth around the middle."""
    part = cos(pi / 4)
    return [(MIDDLE + (x - MIDDLE - y + MIDDLE) * part, MIDDLE + (x - MIDDLE + y - MIDDLE) * part) for x, y in points]


_PLUS = [
    (6, 0.6), (14, 0.6), (14, 6), (19.4, 6), (19.4, 14), (14, 14), (14, 19.4), (6, 19.4), (6, 14), (0.6, 14), (0.6, 6), (6, 6),
]  # fmt: skip
# Each shape with the height of its weight, where its sign stands.
_SHAPES: tuple[tuple[list[Point], float], ...] = (
    ([], MIDDLE),  # a circle
    ([(1.5, 1.5), (18.5, 1.5), (18.5, 18.5), (1.5, 18.5)], MIDDLE),
    ([(10, 0.8), (19.6, 18.4), (0.4, 18.4)], 12.6),
    ([(10, 0), (20, 10), (10, 20), (0, 10)], MIDDLE),
    (_PLUS, MIDDLE),
    ([(10, 19.2), (19.6, 1.6), (0.4, 1.6)], 7.4),
    (_star(), 10.6),
    (_turned(_PLUS), MIDDLE),
)


def _outline(shape: int, scale: float = 1.0) -> str:
    points, height = _SHAPES[shape]
    if not points:
        return _circle(MIDDLE, MIDDLE, 9.4 * scale)
    return _polygon([(MIDDLE + (x - MIDDLE) * scale, height + (y - height) * scale) for x, y in points])


def _bar(height: float, angle: float) -> str:
    """Return a bar through the weight of a shape, leaning by an angle."""
    long, wide = 4.1, 1.25
    corners = ((-long, -wide), (long, -wide), (long, wide), (-long, wide))
    return _polygon(
        [(MIDDLE + x * cos(angle) - y * sin(angle), height + x * sin(angle) + y * cos(angle)) for x, y in corners]
    )


def _sign(shape: int, sign: int) -> str:
    """Return what is cut out of a shape: nothing, all but its rim, the same with a dot, a dot, a bar in four ways."""
    height = _SHAPES[shape][1]
    signs = (
        lambda: "",
        lambda: _outline(shape, 0.62),
        lambda: _outline(shape, 0.66) + _circle(MIDDLE, height, 2.2),
        lambda: _circle(MIDDLE, height, 3.2),
        lambda: _bar(height, 0),
        lambda: _bar(height, pi / 2),
        lambda: _bar(height, -pi / 4),
        lambda: _bar(height, pi / 4),
    )
    return signs[sign]()


def path_of(number: int) -> str:
    """Return the outline of the mark with a number, to be filled by the even-odd rule. Neighbours differ in both parts."""
    shape, round_ = number % 8, number // 8
    return _outline(shape) + _sign(shape, (shape + round_) % 8)


@lru_cache(maxsize=1024)
def organisation_mark(organisation_id: int, code: str, name: str) -> Markup:
    """Return an organisation's mark and code as safe HTML; read aloud it is the organisation's name."""
    return Markup(
        '<span class="organisation-mark hue-{}" role="img" aria-label="{}" title="{}">'
        '<svg viewBox="0 0 20 20" aria-hidden="true"><path fill-rule="evenodd" d="{}"/></svg>{}</span>'
    ).format(organisation_id % 8, name, name, path_of(organisation_id), code)


def add_to(app: Flask) -> None:
    """Let templates draw marks; templates/organisations/_mark.html has the macros."""
    app.jinja_env.globals["mark_html"] = organisation_mark
