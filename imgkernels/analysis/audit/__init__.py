"""What a pipeline can do to a picture: ranges, clipping, borders, steps that are one kernel."""

from imgkernels.analysis.audit.interval import Interval as Interval
from imgkernels.analysis.audit.verb import Audit as Audit, StepAudit as StepAudit, audit as audit
