"""How a notebook shows networks, traces and histories: static HTML, without scripts, at home on light and dark pages.

Each object's `_repr_html_` calls the function here that bears its name.
"""

from chainrule.views.notebook.explanation import explanation_html as explanation_html
from chainrule.views.notebook.history import history_html as history_html
from chainrule.views.notebook.lr_range import lr_range_html as lr_range_html
from chainrule.views.notebook.network import network_html as network_html
from chainrule.views.notebook.trace import trace_html as trace_html
