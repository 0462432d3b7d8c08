"""What all displays stand in, and their style. It names no colour of text or page: those are the notebook's own."""

from chainrule.views.colours import DIVERGING, SEQUENTIAL
from chainrule.views.markup import Markup, element

RULES = (
    ".title{font-size:14px;font-weight:600}",
    ".note{opacity:.7;font-size:12px}",
    "table{border-collapse:collapse;table-layout:auto;width:auto;margin:6px 0;border:0;font-size:13px}",
    "tr{background:none;border:0}",
    "tbody tr{background:none}",
    "tbody tr:hover{background:none}",
    "td{padding:3px 16px 3px 0;border:0;text-align:left;vertical-align:top;line-height:1.45;white-space:nowrap}",
    "th{padding:3px 16px 3px 0;border:0;text-align:left;vertical-align:top;line-height:1.45;font-weight:normal}",
    "thead{border-bottom:1px solid rgba(128,128,128,.5)}",
    "thead th{opacity:.7;font-size:12px;white-space:nowrap}",
    "tbody th{min-width:130px;max-width:176px}",
    "tfoot{border-top:1px solid rgba(128,128,128,.5)}",
    ".number{text-align:right;font-variant-numeric:tabular-nums}",
    ".share{width:96px;height:9px;margin-top:5px}",
    ".share span{display:block;height:100%;min-width:1px;border-radius:1px}",
    "img{image-rendering:pixelated;display:block;max-width:none;margin:2px 0}",
    ".size{font-size:11px;font-variant-numeric:tabular-nums}",
    ".size .note{font-size:11px}",
    ".scale{display:inline-block;width:44px;height:7px;margin:0 4px;border-radius:1px}",
    *(f".{colours.name}{{background:linear-gradient(to right,{colours.css})}}" for colours in (SEQUENTIAL, DIVERGING)),
    ".panels{display:flex;flex-wrap:wrap;gap:8px 28px;margin:6px 0}",
    "summary{cursor:pointer;opacity:.7;font-size:12px;display:list-item}",
    "svg{width:430px;max-width:100%;height:auto;overflow:visible}",
    "svg text{fill:currentColor;font-size:11px}",
    "svg.diagram{width:auto;margin:8px 0}",
)
STYLE = "\n".join(
    [
        ".chainrule{font:13px/1.45 system-ui,sans-serif;margin:4px 0;overflow-x:auto}",
        *(f".chainrule.chainrule {rule}" for rule in RULES),  # twice: to go before Jupyter's own rules for tables
    ]
)


def output(*children: Markup) -> str:
    """What a notebook gets: the children, and the style that is theirs alone."""
    return str(element("div", element("style", Markup(STYLE)), *children, class_="chainrule"))
