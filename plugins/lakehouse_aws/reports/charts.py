"""Rows of a query as figures of Plotly. Colours of text and lines are the page's, which knows light from dark.

Plotly is imported where it is used: plugin modules are imported by every process of Airflow.
"""

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Row = Mapping[str, str | None]
"""A row of Athena's: texts by column."""

# Told apart on white and on black, also by most people who do not see all colours.
COLORS = ("#3b82d0", "#e08a1e", "#2a9d76", "#d1495b", "#8e6fc1", "#b5852b", "#4aa8c0", "#c26ba5")
# For the few pictures of more groups than that, such as sectors.
MORE_COLORS = ("#7c8794", "#94b83d", "#5457c9", "#99593d")
UNKNOWN = "unknown"
LARGEST_BUBBLE_PIXELS = 42


@dataclass(frozen=True)
class Axis:
    """An axis: its title with the unit, how its numbers are written (d3-format; "" for 1.5k, 2M, 3B), its type."""

    title: str
    format: str = ""
    prefix: str = ""
    type: Literal["-", "date", "category", "linear", "log"] = "-"


@dataclass(frozen=True)
class LineChart:
    """A line for each value of `by`, or one."""

    x: str
    y: str
    x_axis: Axis
    y_axis: Axis
    by: str | None = None

    def figure(self, rows: Sequence[Row]) -> "Figure":
        from plotly.graph_objects import Scatter

        lines = [
            Scatter(
                x=[label(row[self.x]) for row in group],
                y=[number(row[self.y]) for row in group],
                name=name,
                mode="lines" if len(group) > 1 else "markers",
                line={"width": 2},
            )
            for name, group in grouped(rows, self.by)
        ]
        return _figure(lines, self.x_axis, self.y_axis)


@dataclass(frozen=True)
class BarChart:
    """Bars of several columns side by side, by their names in the legend; or of one column, stacked by `by`."""

    x: str
    y: str | Mapping[str, str]
    x_axis: Axis
    y_axis: Axis
    by: str | None = None
    is_horizontal: bool = False

    def figure(self, rows: Sequence[Row]) -> "Figure":
        from plotly.graph_objects import Bar

        bars = []
        for name, column, group in self._series(rows):
            places, lengths = [label(row[self.x]) for row in group], [number(row[column]) for row in group]
            x, y = (lengths, places) if self.is_horizontal else (places, lengths)
            bars.append(Bar(x=x, y=y, name=name, orientation="h" if self.is_horizontal else "v"))
        mode = "stack" if self.by else "group"
        if not self.is_horizontal:
            return _figure(bars, self.x_axis, self.y_axis, barmode=mode)
        figure = _figure(bars, self.y_axis, self.x_axis, barmode=mode, hovermode="y unified")
        # The first row on top, and room for each.
        figure.update_yaxes(autorange="reversed", showgrid=False)
        figure.update_xaxes(showgrid=True)
        return figure.update_layout(height=140 + 40 * len(rows))

    def _series(self, rows: Sequence[Row]) -> Iterator[tuple[str, str, Sequence[Row]]]:
        """Name, column and rows of each colour."""
        if isinstance(self.y, str):
            yield from ((name, self.y, group) for name, group in grouped(rows, self.by))
        else:
            yield from ((name, column, rows) for name, column in self.y.items())


@dataclass(frozen=True)
class BubbleChart:
    """A bubble per row: its place by two columns, its area by a third, its name by a fourth, its colour by `by`."""

    x: str
    y: str
    area: str
    name: str
    x_axis: Axis
    y_axis: Axis
    area_title: str
    by: str | None = None

    def figure(self, rows: Sequence[Row]) -> "Figure":
        from plotly.graph_objects import Scatter

        largest = max((number(row[self.area]) or 0 for row in rows), default=0)
        bubbles = [
            Scatter(
                x=[number(row[self.x]) for row in group],
                y=[number(row[self.y]) for row in group],
                text=[label(row[self.name]) for row in group],
                name=name,
                mode="markers",
                marker={
                    "size": [number(row[self.area]) or 0 for row in group],
                    "sizemode": "area",
                    "sizeref": 2 * largest / LARGEST_BUBBLE_PIXELS**2 or 1,
                    "sizemin": 3,
                    "opacity": 0.7,
                },
                hovertemplate=(
                    f"<b>%{{text}}</b><br>{self.x_axis.title}: %{{x}}<br>{self.y_axis.title}: %{{y}}"
                    f"<br>{self.area_title}: %{{marker.size:.3s}}"
                ),
            )
            for name, group in grouped(rows, self.by)
        ]
        return _figure(bubbles, self.x_axis, self.y_axis, hovermode="closest").update_xaxes(showgrid=True)


Chart = LineChart | BarChart | BubbleChart


def grouped(rows: Iterable[Row], by: str | None) -> list[tuple[str, list[Row]]]:
    """The rows by the value of a column, in the order of their first; all of them, without a name, where it is None."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(label(row[by]) if by else "", []).append(row)
    return list(groups.items())


def number(text: str | None) -> float | None:
    """Not a number, as an engine writes it, is none: JSON has no word for it."""
    value = None if text is None else float(text)
    return value if value is not None and abs(value) < float("inf") else None


def label(text: str | None) -> str:
    """A value as text that Plotly shows as it is: it takes some HTML for markup."""
    return html.escape(UNKNOWN if text is None else text, quote=False)


def _figure(traces: Sequence, x: Axis, y: Axis, **layout: object) -> "Figure":
    from plotly.graph_objects import Figure

    figure = Figure(data=traces)
    figure.update_layout(
        template="none",
        colorway=COLORS + MORE_COLORS,
        font={"family": "system-ui, sans-serif", "size": 13},
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        height=380,
        hovermode="x unified",
        showlegend=any(trace.name for trace in traces),
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
        bargap=0.2,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    figure.update_layout(**layout)
    figure.update_xaxes(_settings(x), showgrid=False)
    figure.update_yaxes(_settings(y))
    if x.type == "category":
        # Months and days, of which a trace may lack some; a tick for some of many.
        figure.update_xaxes(categoryorder="category ascending", nticks=12)
    return figure


def _settings(axis: Axis) -> dict[str, object]:
    settings = {
        "title": {"text": axis.title, "standoff": 10},
        "type": axis.type,
        "tickformat": axis.format,
        "hoverformat": axis.format or ",.6~g",
        "tickprefix": axis.prefix,
        "exponentformat": "B",
        "automargin": True,
        "zeroline": False,
    }
    if axis.type == "log":
        marks = [(digit, power) for power in range(-6, 15) for digit in (1, 2, 5)]
        settings |= {
            "tickvals": [digit * 10.0**power for digit, power in marks],
            "ticktext": [_short(digit, power) for digit, power in marks],
        }
    return settings


def _short(digit: int, power: int) -> str:
    """`digit` times a power of ten as 0.05, 20, 500k, 2M or 1B: a logarithmic axis writes the larger ones as 2e+6."""
    if power < 0:
        return f"{digit * 10.0**power:g}"
    return f"{digit * 10 ** (power % 3)}{('', 'k', 'M', 'B', 'T')[power // 3]}"
