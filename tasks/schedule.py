"""The single list of what runs when.

A job takes SAQ's context alone, asks for itself what is due, and may be cut off, lost or run twice without harm. Its
name is its key, so a function stands here once.
"""

from typing import Any

from saq import CronJob

from turnet.tasks.answer_sms import answer_sms
from turnet.tasks.ask_gateway import ask_gateway
from turnet.tasks.back_up import back_up
from turnet.tasks.collect_sms import collect_sms
from turnet.tasks.drain_outbox import drain_outbox
from turnet.tasks.index_patients import index_patients
from turnet.tasks.monthly import monthly
from turnet.tasks.read_bounces import read_bounces
from turnet.tasks.remind import remind
from turnet.tasks.sweep import sweep_claims
from turnet.tasks.watch import watch

DRAIN_SECONDS = 1800
"""Long, because one round goes on until nothing is due."""
ANSWER_SECONDS = 300
"""As for messages: until nothing is new."""

RECURRING: list[CronJob[Any]] = [
    CronJob(drain_outbox, cron="* * * * * */5", timeout=DRAIN_SECONDS),
    CronJob(answer_sms, cron="* * * * * */5", timeout=ANSWER_SECONDS),
    CronJob(collect_sms, cron="* * * * * */10", timeout=60),
    CronJob(remind, cron="* * * * * */20", timeout=60),
    CronJob(index_patients, cron="* * * * *", timeout=300),
    CronJob(sweep_claims, cron="* * * * *", timeout=60),
    CronJob(watch, cron="* * * * *", timeout=60),
    CronJob(ask_gateway, cron="*/5 * * * *", timeout=60),
    CronJob(monthly, cron="*/10 * * * *", timeout=120),
    CronJob(read_bounces, cron="*/5 * * * *", timeout=300),
    CronJob(back_up, cron="*/10 * * * *", timeout=3600),
]

FUNCTIONS = [job.function for job in RECURRING]
