"""What runs when is one list, and every entry can run."""

from saq import Worker

from turnet import worker
from turnet.tasks import schedule
from turnet.worker import OwnWorker

MODULE_LEVEL = {
    "answer_sms",
    "ask_gateway",
    "back_up",
    "collect_sms",
    "drain_outbox",
    "index_patients",
    "monthly",
    "read_bounces",
    "remind",
    "sweep_claims",
    "watch",
}


def test_every_function_stands_here_once_under_its_own_name() -> None:
    """SAQ's key of a recurring job is its function's name: a second entry would never run."""
    names = [job.function.__qualname__ for job in schedule.RECURRING]

    assert sorted(names) == sorted(MODULE_LEVEL)
    assert names == [function.__qualname__ for function in schedule.FUNCTIONS]


def test_every_job_has_a_timeout_of_its_own() -> None:
    """SAQ's own is ten seconds, and ends a job that takes longer for good."""
    assert all(job.timeout is not None and job.timeout >= 60 for job in schedule.RECURRING)


def test_signals_are_the_servers() -> None:
    assert (OwnWorker.SIGNALS, Worker.SIGNALS != []) == ([], True)
    assert worker.GRACE_SECONDS == 10
