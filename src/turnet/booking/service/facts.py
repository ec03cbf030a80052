"""What the history of a visit says: ids, states and times, never names, addresses or notes.

Each row of `booking_event` has the visit before and after as `facts` gives it, and besides:

booked     after: `overbooked` with the desk's `reason`; `series` (row id of the party) for one of a series
moved      before: `moved_from`; after: `told` (was the patient to hear of it), `reason` when overbooked,
           `answered` where no message of its own tells it, because it answers what they wrote
cancelled  after: `late`, `by` (`patient` or `clinic`), `told`
undone     what was taken back is `undid` in after: `cancelled`, `moved`, `marked`, `noted`
marked     the states alone
confirmed  the states alone: the patient says they will come; the actor says how
checked_in the states alone: the patient says they are here
noted      after: `length` of the desk's note
contact    after: `channels` through which the visit is reached now, `resent` (a confirmation went out again)
asked      after: `channel` through which the patient was asked to choose a new time
wrote      after: `channel` of what staff wrote
"""

from typing import Any

from turnet.booking.model import Visit


def facts(visit: Visit) -> dict[str, Any]:
    found: dict[str, Any] = {
        "state": visit.state,
        "starts_at": visit.starts_at.isoformat(),
        "service": visit.service,
        "practitioner": visit.practitioner,
        "room": visit.room,
        "location": visit.location,
    }
    if visit.extras:
        found["extras"] = list(visit.extras)
    if visit.overbooked:
        found["overbooked"] = True
    return found


def state_of(visit: Visit) -> dict[str, Any]:
    """With how they checked in, if the patient did so without the desk."""
    by = {"checked_in_by": visit.checked_in_by} if visit.checked_in_by else {}
    return {"state": visit.state, **by}
