"""Shapes of jobs."""

from hlc_adapters.storage.shape import Index, Shape, instant, text
from hlc_core.jobs.model import Job

JOBS: Shape[Job] = Shape("jobs", Job, (text("name"), instant("next_at")), indexes=(Index(("next_at",)),))

SHAPES = (JOBS,)
