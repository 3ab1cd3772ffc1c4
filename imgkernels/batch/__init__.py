"""Whole folders through one pipeline: nothing lost, nothing done twice, nothing half-written."""

from imgkernels.batch.again import again as again, differences as differences
from imgkernels.batch.job import (
    Entry as Entry,
    Job as Job,
    Manner as Manner,
    Outcome as Outcome,
    Status as Status,
    Summary as Summary,
)
from imgkernels.batch.one import process as process
from imgkernels.batch.plan import Plan as Plan, plan as plan
from imgkernels.batch.run import Interrupted as Interrupted, execute as execute, run as run
