"""What finds the rows of 0010, what may stand there once, and the rounds that a clinic begins with."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from turnet.db.engine import bound

ID = "0011"
VERSION = "1.38.0"
DESCRIPTION = "rounds"

ROUND = (
    'INSERT INTO "message_round" ("name", "kind", "channels", "days", "at_minute", "minutes", '
    '"answers", "active", "position") VALUES '
)

STATEMENTS = (
    'CREATE UNIQUE INDEX "inbound_once" ON "inbound" ("provider", "provider_id")',
    'CREATE INDEX "inbound_new" ON "inbound" ("id") WHERE "state" = \'new\'',
    'CREATE INDEX "inbound_of_sender" ON "inbound" ("sender", "id")',
    'CREATE UNIQUE INDEX "prompt_open" ON "prompt" ("our_number", "phone") WHERE "state" = \'open\'',
    'CREATE INDEX "prompt_of_phone" ON "prompt" ("phone", "id")',
    'CREATE INDEX "conversation_open" ON "conversation" ("since") WHERE "state" = \'open\'',
    'CREATE INDEX "message_to" ON "message" ("recipient", "created_at")',
    'CREATE INDEX "message_by_finish" ON "message" ("channel", "finished_at")',
    'CREATE UNIQUE INDEX "opt_out_once" ON "opt_out" ("contact", "purpose")',
    'CREATE INDEX "feedback_by_asked" ON "feedback" ("asked_at")',
    'CREATE INDEX "feedback_of_contact" ON "feedback" ("contact", "asked_at")',
    # What turnet has always sent, and what it can send besides; nothing new is switched on.
    ROUND + "('two_days', 'reminder', 'email', -2, NULL, 0, false, true, 1)",
    ROUND + "('one_day', 'reminder', 'sms', -1, NULL, 0, false, true, 2)",
    ROUND + "('instructions', 'instructions', 'email,sms', -3, 1020, 0, false, false, 3)",
    ROUND + "('checkin', 'checkin', 'sms', 0, NULL, -120, true, false, 4)",
    ROUND + "('aftercare', 'aftercare', 'email,sms', 0, NULL, 60, false, false, 5)",
    ROUND + "('feedback', 'feedback', 'sms', 1, 720, 0, true, false, 6)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="turnet", description=DESCRIPTION)

    async def statements() -> None:
        for statement in STATEMENTS:
            await bound().run_ddl(statement)

    manager.add_raw(statements)
    return manager
