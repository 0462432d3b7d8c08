"""A network as a picture of blocks: `diagram_text` for a terminal, `diagram_svg` for a page or a file."""

from chainrule.views.diagram.svg import diagram_file as diagram_file
from chainrule.views.diagram.svg import diagram_svg as diagram_svg
from chainrule.views.diagram.text import diagram_text as diagram_text
