"""The face of the context."""

from hlc_core.jobs.model import EVERY, Job, JobName
from hlc_core.jobs.ports import Env, Jobs
from hlc_core.jobs.usecases import EndJob, RunJobSoon, TakeJobs, end_job, run_job_soon, take_jobs
from hlc_core.jobs.views import ListJobs, list_jobs

__all__ = [
    "EVERY",
    "EndJob",
    "Env",
    "Job",
    "JobName",
    "Jobs",
    "ListJobs",
    "RunJobSoon",
    "TakeJobs",
    "end_job",
    "list_jobs",
    "run_job_soon",
    "take_jobs",
]
