"""Draws the results as one SVG: start times, memory of a waiting wrapper, each bar and how far it is met."""
import math
from xml.sax.saxutils import escape

WIDTH = 920
LABEL = 250
RIGHT = 110
ROW = 24
INK, GREY, GRID, PAPER = "#1a1a1a", "#5c5c5c", "#dddddd", "#ffffff"
OURS, LIMIT, PEER, BAD = "#0b5cad", "#7a7a7a", "#c9a24b", "#c0392b"


def text(x, y, words, anchor="start", size=13, fill=INK, weight="normal"):
    return '<text x="%.1f" y="%.1f" text-anchor="%s" font-size="%d" fill="%s" font-weight="%s">%s</text>' % (
        x, y, anchor, size, fill, weight, escape(words))


def line(x1, y1, x2, y2, stroke=GRID, width=1.0):
    return '<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%.1f"/>' % (
        x1, y1, x2, y2, stroke, width)


def rect(x, y, width, height, fill):
    return '<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>' % (x, y, width, height, fill)


def colour(name):
    if name.startswith("maproot"):
        return OURS
    if name.startswith(("limit", "bare")):
        return LIMIT
    return PEER


def decades(low, high):
    first = math.floor(math.log10(low))
    last = max(first + 1, math.ceil(math.log10(high)))
    return [10.0 ** power for power in range(first, last + 1)]


def bars_on_log_scale(top, title, rows, form):
    """rows: name, value. Returns the drawing and the y below it."""
    ticks = decades(min(value for _, value in rows), max(value for _, value in rows))
    span = WIDTH - LABEL - RIGHT
    low, high = math.log10(ticks[0]), math.log10(ticks[-1])

    def x(value):
        return LABEL + span * (math.log10(value) - low) / (high - low)

    bottom = top + 34 + ROW * len(rows)
    out = [text(20, top + 16, title, size=15, weight="bold")]
    for tick in ticks:
        out.append(line(x(tick), top + 28, x(tick), bottom))
        out.append(text(x(tick), bottom + 14, "%g" % tick, "middle", 11, GREY))
    for i, (name, value) in enumerate(rows):
        y = top + 32 + ROW * i
        out.append(text(LABEL - 8, y + 15, name, "end"))
        out.append(rect(LABEL, y + 3, max(1.0, x(value) - LABEL), ROW - 8, colour(name)))
        out.append(text(x(value) + 6, y + 15, form % value, size=12))
    return out, bottom + 40


def bars_against_their_limit(top, title, rows):
    """Each bar as a share of what it allows; the line at 1 is the limit."""
    left = LABEL + 90
    span = WIDTH - left - RIGHT
    most = max(1.5, min(3.0, max(share for _, share, _, _ in rows)))
    bottom = top + 34 + ROW * len(rows)
    at_limit = left + span / most
    out = [text(20, top + 16, title, size=15, weight="bold")]
    for i, (name, share, met, words) in enumerate(rows):
        y = top + 32 + ROW * i
        end = left + span * min(share, most) / most
        out.append(text(left - 8, y + 15, name, "end"))
        out.append(rect(left, y + 3, max(1.0, end - left), ROW - 8, OURS if met else BAD))
        out.append(text(max(end, at_limit) + 6, y + 15, words, size=12, fill=INK if met else BAD))
    out.append(line(at_limit, top + 26, at_limit, bottom, INK, 1.5))
    out.append(text(at_limit, bottom + 14, "the bar", "middle", 11, GREY))
    return out, bottom + 40


def write(path, results):
    start = sorted(((name, entry["median"] / 1e6) for name, entry in results["start_ns"].items()),
                   key=lambda row: row[1])
    memory = sorted(((name, entry["pss_kib"]["median"]) for name, entry in results["waiting"].items()),
                    key=lambda row: row[1])
    held = []
    for bar in results["bars"]:
        share = bar["value"] / bar["bar"] if bar["bar"] else (0.0 if bar["met"] else 3.0)
        words = "%.3g of %.3g %s" % (bar["value"], bar["bar"], bar["unit"])
        held.append((bar["what"], share, bar["met"], words.strip()))
    drawing = []
    y = 16
    for panel in (
            lambda top: bars_on_log_scale(top, "Start to end of a static true, median ms (log scale)", start,
                                          "%.3g"),
            lambda top: bars_on_log_scale(top, "Memory of one waiting wrapper, PSS in KiB (log scale)", memory,
                                          "%.0f"),
            lambda top: bars_against_their_limit(top, "Measured, as a share of what the bar allows", held)):
        drawn, y = panel(y)
        drawing += drawn
    with open(path, "w") as file:
        file.write('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" '
                   'font-family="DejaVu Sans, Helvetica, Arial, sans-serif">\n' % (WIDTH, y, WIDTH, y))
        file.write(rect(0, 0, WIDTH, y, PAPER) + "\n" + "\n".join(drawing) + "\n</svg>\n")
