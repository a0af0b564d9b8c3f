"""The page's scripts: Vega, Vega-Lite and Vega-Embed as vl-convert ships them, and the page's own."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import vl_convert

ASSETS = Path(__file__).parent / "assets"


@cache
def vega_script() -> str:
    """Vega, Vega-Lite and Vega-Embed with all that they need, for a `<script>` element; licence BSD-3-Clause.

    Vega-Embed brings the interpreter that draws without `eval`, which the page's content security policy forbids.
    """
    return _for_element(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))


def page_script(sections: Iterable[str]) -> str:
    """What all sections share, the scripts of these sections and the start, as one script with a scope of its own."""
    paths = ["core", "table", "chart", *(f"sections/{name}" for name in sections), "start"]
    parts = "\n".join(path.read_text() for name in paths if (path := ASSETS / f"{name}.js").exists())
    return _for_element(f'(() => {{\n"use strict";\n{parts}}})();\n')


def _for_element(script: str) -> str:
    """The script as it may stand in an element; raises `ValueError` where its text would end the element."""
    for forbidden in ("</script", "<!--"):
        if forbidden in script.lower():
            raise ValueError(f"a script with {forbidden!r} in it can not stand in a page")
    return script.replace("\r\n", "\n").replace("\r", "\n")
