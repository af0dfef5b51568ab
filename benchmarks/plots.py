"""Line plots as SVG, drawn by hand: no library, the same bytes for the same figures."""

from __future__ import annotations

import math
from html import escape
from typing import Any

_WIDTH, _HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 190, 50, 55
_COLORS = ("#d1495b", "#00798c", "#edae49", "#30638e", "#6a994e", "#7b2d8b", "#8d6e63", "#444444")
_DASHES = ("", "6 3", "2 3", "8 3 2 3")


def svg(title: str, plot: dict[str, Any]) -> str:
    """Draw series of points.

    Args:
        title: Stands above.
        plot: `x` and `y` (axis labels), `series` (name to list of [x, y]), `log` (letters of the logarithmic axes),
            and `y_range` when it is fixed.

    Returns:
        An SVG document.
    """
    logs = plot.get("log", "")
    series = {name: [p for p in points if p[1] == p[1]] for name, points in plot["series"].items()}
    series = {name: points for name, points in series.items() if points}
    xs = [point[0] for points in series.values() for point in points]
    ys = [point[1] for points in series.values() for point in points]
    x_axis = _Axis(min(xs), max(xs), _LEFT, _WIDTH - _RIGHT, "x" in logs)
    low, high = plot.get("y_range") or (min(ys), max(ys))
    y_axis = _Axis(low, high, _HEIGHT - _BOTTOM, _TOP, "y" in logs)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}">',
        '<g font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="24" font-size="15" font-weight="bold">{escape(title)}</text>',
        *_grid(x_axis, y_axis),
        _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 12, plot["x"], "middle"),
        f'<text transform="translate(16 {_HEIGHT / 2}) rotate(-90)" text-anchor="middle">{escape(plot["y"])}</text>',
    ]
    for number, (name, points) in enumerate(series.items()):
        parts += _line(number, name, [(x_axis.place(x), y_axis.place(y)) for x, y in points])
    return "\n".join([*parts, "</g></svg>"]) + "\n"


class _Axis:
    """Values to places along one side."""

    def __init__(self, low: float, high: float, begin: float, end: float, is_log: bool) -> None:
        self.is_log = is_log
        if is_log:
            low, high = math.log10(max(low, 1e-12)), math.log10(max(high, 1e-12))
        if high <= low:
            low, high = low - 0.5, high + 0.5
        self.low, self.high, self.begin, self.end = low, high, begin, end

    def place(self, value: float) -> float:
        at = math.log10(max(value, 1e-12)) if self.is_log else value
        return self.begin + (self.end - self.begin) * (at - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        if self.is_log:
            return [10.0**n for n in range(math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9) + 1)]
        step = 10.0 ** math.floor(math.log10((self.high - self.low) / 4))
        step *= next(factor for factor in (1, 2, 2.5, 5, 10) if (self.high - self.low) / (step * factor) <= 6)
        first = math.ceil(self.low / step - 1e-9)
        return [step * n for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _grid(x_axis: _Axis, y_axis: _Axis) -> list[str]:
    parts = []
    for value in x_axis.ticks():
        x = x_axis.place(value)
        parts.append(f'<path d="M{x:.1f} {_TOP}V{_HEIGHT - _BOTTOM}" stroke="#e4e4e4"/>')
        parts.append(_text(x, _HEIGHT - _BOTTOM + 18, f"{value:g}", "middle"))
    for value in y_axis.ticks():
        y = y_axis.place(value)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#e4e4e4"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{value:g}", "end"))
    return parts


def _line(number: int, name: str, points: list[tuple[float, float]]) -> list[str]:
    color, dash = _COLORS[number % len(_COLORS)], _DASHES[number // len(_COLORS) % len(_DASHES)]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    y = _TOP + 10 + 18 * number
    x = _WIDTH - _RIGHT + 14
    style = f'stroke="{color}" stroke-width="2" stroke-dasharray="{dash}"'
    return [
        f'<path d="M{path}" fill="none" {style}/>',
        *(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="2.6" fill="{color}"/>' for px, py in points),
        f'<path d="M{x} {y}h22" {style}/>',
        _text(x + 28, y + 4, name, "start"),
    ]


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
