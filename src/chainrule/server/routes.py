"""All routes: whoever adds one enters it here."""

from chainrule.server.evaluation import evaluation
from chainrule.server.inputs import digit, picture, strokes
from chainrule.server.model import model
from chainrule.server.parameters import update, weights
from chainrule.server.passes import forward, whole_trace
from chainrule.server.regression import regression
from chainrule.server.route import MIB, Route
from chainrule.server.taken import take
from chainrule.server.training_answers import train, training_events, training_news
from chainrule.server.units import affects, check, unit

ROUTES = [
    Route("GET", "/model", model, quick=True),
    Route("GET", "/digit", digit, quick=True),
    Route("POST", "/picture", picture, quick=True, most=32 * MIB, raw=True),
    Route("POST", "/strokes", strokes, quick=True),
    Route("POST", "/forward", forward, quick=True),
    Route("POST", "/trace", whole_trace),
    Route("POST", "/weights", weights),
    Route("POST", "/update", update),
    Route("POST", "/unit", unit),
    Route("POST", "/affects", affects),
    Route("POST", "/check", check),
    Route("GET", "/evaluation", evaluation),
    Route("POST", "/regression", regression, given=True),
    Route("GET", "/train", training_news, quick=True, given=True),
    Route("POST", "/train", train, quick=True, given=True),
    Route("GET", "/train/events", training_events, quick=True, given=True),
    Route("POST", "/taken", take, given=True),
]
