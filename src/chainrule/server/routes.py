"""All routes: whoever adds one enters it here."""

from chainrule.server.model import model
from chainrule.server.route import Route

ROUTES = [
    Route("GET", "/model", model, quick=True),
]
