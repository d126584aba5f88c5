"""Small pieces of HTML. Everything that comes from data goes through ``escape``."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

CSS = """
:root { color-scheme: light; --ink: #1b1f24; --soft: #57606a; --line: #d8dee4; --tint: #f4f6f8; }
* { box-sizing: border-box; }
body { font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; color: var(--ink);
  background: #fff; margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 54rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.75rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p, li { max-width: 42rem; overflow-wrap: anywhere; }
.lead { font-size: 1.15rem; line-height: 1.5; }
.soft, figcaption, caption { color: var(--soft); font-size: .875rem; }
.soft b { color: var(--ink); }
.banner { border-left: .3rem solid #D55E00; background: #fdf3ec; padding: .6rem .9rem; max-width: 42rem; }
.mark { position: sticky; top: 0; z-index: 1; margin: 0 0 1rem; padding: .3rem .6rem; max-width: none;
  background: #D55E00; color: #fff; font-size: .875rem; font-weight: 600; }
figure { margin: 1.25rem 0; }
svg { max-width: 100%; height: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; margin: .75rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .65rem .3rem 0;
  border-bottom: 1px solid var(--line); }
th { font-weight: 600; vertical-align: bottom; border-bottom-color: var(--soft); }
td.number, th.number { text-align: right; }
tbody th { font-weight: 400; vertical-align: top; border-bottom-color: var(--line); min-width: 11rem; }
details { margin: .5rem 0; } summary { cursor: pointer; color: var(--soft); }
pre { background: var(--tint); padding: .75rem; overflow-x: auto; font-size: .8rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
code { overflow-wrap: anywhere; }
@media screen and (max-width: 40rem) { figure { overflow-x: auto; } figure svg { max-width: max(100%, 30rem); } }
@media print { svg { max-height: 21cm; }
  .mark { position: fixed; top: 38%; left: 0; right: 0; transform: rotate(-35deg); background: none;
    color: #D55E0040; font-size: 34pt; line-height: 1.2; text-align: center; print-color-adjust: exact; }
  body { padding: 0; max-width: none; font-size: 10pt; } .scroll { overflow: visible; }
  h2, h3, caption, thead { break-after: avoid; } figure, tr { break-inside: avoid; }
  p, li { max-width: none; orphans: 3; widows: 3; }
  table { font-size: 7.5pt; max-width: 100%; }
  th, td { padding: .2rem .5rem .2rem 0; overflow-wrap: break-word; }
  .soft, figcaption, caption, li { font-size: 8.5pt; }
  details::details-content { content-visibility: visible; block-size: auto; } }
"""

_NOTHING = "–"
_LONG = 20
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{css}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def page(title: str, parts: Iterable[str], mark: str = "") -> str:
    """The page; ``mark`` stays in sight on the screen and lies across every printed page."""
    body = [tag("p", mark, "mark"), *parts]
    return _PAGE.format(title=escape(title), css=CSS, body="\n".join(part for part in body if part))


def tag(name: str, content: str, css: str = "") -> str:
    """An element around escaped text."""
    return f"<{name}{_css(css)}>{escape(content)}</{name}>" if content else ""


def labelled(label: str, text: str) -> str:
    """A small paragraph that begins with what it is."""
    return f'<p class="soft"><b>{escape(label)}.</b> {escape(text)}</p>' if text else ""


def preformatted(text: str) -> str:
    return tag("pre", text)


def items(texts: Iterable[str]) -> str:
    inner = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{inner}</ul>" if inner else ""


def figure(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def details(summary: str, inner: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{inner}</details>" if inner else ""


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], caption: str = "", turned: bool = False) -> str:
    """A table whose numeric columns stand right; ``None`` is a dash, a column of nothing else is left out. In a turned
    one the first cell of a line is its heading, and all others stand right."""
    lines = [[_text(cell) for cell in row] for row in rows]
    if not lines:
        return ""
    kept = [place for place in range(len(head)) if turned or any(line[place] != _NOTHING for line in lines)]
    head, lines = [head[place] for place in kept], [[line[place] for place in kept] for line in lines]
    right = [(turned and place > 0) or all(_numeric(line[place]) for line in lines) for place in range(len(head))]
    header = "".join(_cell("th", name, right[place]) for place, name in enumerate(head))
    body = "".join(
        "<tr>" + "".join(_cell("th" if turned and not place else "td", cell, right[place])
                         for place, cell in enumerate(line)) + "</tr>" for line in lines
    )  # fmt: skip
    inner = f"{tag('caption', caption)}<thead><tr>{header}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="scroll" tabindex="0" role="group" aria-label="table"><table>{inner}</table></div>'


def _cell(name: str, text: str, right: bool) -> str:
    """A unit stays with its quantity, an expression with an equals sign or a number of trials on one line."""
    held = text.replace(", %", ",\u00a0%").replace(" = ", "\u00a0=\u00a0") if right else text
    return f"<{name}{_css('number' if right else '')}>{_breakable(escape(held))}</{name}>"


def _breakable(text: str) -> str:
    """A long name without a blank may break after the signs that join its parts."""
    return text if " " in text or len(text) < _LONG else re.sub("([/_])", r"\1<wbr>", text)


def _css(name: str) -> str:
    return f' class="{name}"' if name else ""


def _text(cell: Any) -> str:
    return _NOTHING if cell is None or cell == "" else str(cell)


def _numeric(text: str) -> bool:
    return text[:1] in "0123456789–−+<."
