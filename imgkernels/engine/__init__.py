"""The engine: a problem says what, a plan says how, a method does it."""

from imgkernels.engine.fill import Fill as Fill, fill_for as fill_for
from imgkernels.engine.finish import Finish as Finish
from imgkernels.engine.planner import (
    Plan as Plan,
    finished as finished,
    plan_for as plan_for,
    tell as tell,
)
from imgkernels.engine.problem import Problem as Problem
from imgkernels.engine.verbs import (
    convolve as convolve,
    correlate as correlate,
    plan as plan,
)
