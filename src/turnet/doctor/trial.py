"""One message, for real and at once."""

from uuid import uuid4

from turnet.clinic import queries
from turnet.doctor.model import Finding, Patient
from turnet.errors import Invalid
from turnet.messaging.channels import Parcel, Trouble
from turnet.messaging.deliver import deliverer, send_test
from turnet.messaging.sms_text import plain
from turnet.patients.model import clean_phone
from turnet.settings import BadSetting


async def mail_test(patient: Patient, address: str) -> list[Finding]:
    """Sends one mail at once and says what the mail server answered when it did not take it."""
    clinic = await queries.load()
    if clinic is None:
        return [Finding("a test mail needs a clinic to come from", patient.database, "turnet init")]
    try:
        await send_test(deliverer(patient.settings, patient.clock), clinic, address)
    except (Trouble, BadSetting) as error:
        return [
            Finding(f"no test mail left: {error}", "TURNET_MAIL_URL", "correct the address, the user or the password")
        ]
    return []


async def sms_test(patient: Patient, number: str) -> list[Finding]:
    """Sends one SMS at once and says what the gateway answered when it did not take it."""
    clinic = await queries.load()
    if clinic is None:
        return [Finding("a test SMS needs a clinic to come from", patient.database, "turnet init")]
    try:
        recipient = clean_phone(number, clinic.region)
    except Invalid:
        return [Finding(f"{number!r} is no telephone number", "--sms", "write it as +358401234567")]
    name = plain(str(clinic.text(clinic.name, clinic.default_language)))
    text = plain(f"{name}: this is a test, and it has arrived.")
    try:
        channel = deliverer(patient.settings, patient.clock).channels["sms"]
        try:
            await channel.send(Parcel(uuid4(), name, recipient, text.encode(), patient.clock.now()))
        finally:
            await channel.close()
    except (Trouble, BadSetting) as error:
        return [
            Finding(f"no test SMS left: {error}", "TURNET_SMS_URL", "correct the address, the user or the password")
        ]
    return []
