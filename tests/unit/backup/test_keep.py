"""Which backups are kept: the last of seven days and of four weeks, and never none."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from turnet.backup import keep
from turnet.backup.keep import Kept, is_due, name_at, to_delete
from turnet.settings import Settings

NOW = datetime(2026, 12, 1, 8, 42, tzinfo=UTC)


def kept_at(*moments: datetime) -> list[Kept]:
    return [Kept(Path(name_at(at)), at, 1000) for at in moments]


def days_ago(*days: float) -> list[Kept]:
    return kept_at(*(NOW - timedelta(days=day) for day in days))


def dates(kept: list[Kept]) -> list[str]:
    return [f"{one.made_at:%m-%d}" for one in sorted(kept, key=lambda one: one.made_at)]


moments = st.lists(
    st.integers(0, 60 * 24 * 90).map(lambda minutes: NOW - timedelta(minutes=minutes)), max_size=60, unique=True
)


@given(moments)
def test_newest_is_never_deleted(at: list[datetime]) -> None:
    kept = kept_at(*at)

    left = set(kept) - set(to_delete(kept, NOW))

    assert (max(at) if at else None) == max((one.made_at for one in left), default=None)


@given(moments)
def test_seven_days_and_four_weeks_are_kept_and_the_others_are_gone(at: list[datetime]) -> None:
    kept = kept_at(*at)

    left = sorted((one.made_at for one in set(kept) - set(to_delete(kept, NOW))), reverse=True)

    days = sorted({each.date() for each in at}, reverse=True)[:7]
    weeks = sorted({tuple(each.isocalendar())[:2] for each in at}, reverse=True)[:4]
    wanted = {max(each for each in at if each.date() == day) for day in days}
    wanted |= {max(each for each in at if tuple(each.isocalendar())[:2] == week) for week in weeks}
    assert left == sorted(wanted, reverse=True)
    assert len(left) <= 11


@given(moments)
def test_tidying_twice_is_tidying_once(at: list[datetime]) -> None:
    kept = kept_at(*at)
    left = [one for one in kept if one not in to_delete(kept, NOW)]

    assert to_delete(left, NOW) == []


def test_after_months_of_days_a_week_and_three_ends_of_weeks_are_left() -> None:
    kept: list[Kept] = []
    for day in range(100, -1, -1):
        now = NOW - timedelta(days=day)
        kept = [one for one in [*kept, *kept_at(now)] if one not in to_delete([*kept, *kept_at(now)], now)]

    assert dates(kept) == ["11-15", "11-22", "11-25", "11-26", "11-27", "11-28", "11-29", "11-30", "12-01"]


def test_what_is_dated_after_now_stays_and_takes_nobody_s_place() -> None:
    kept = [*days_ago(-400, -1), *days_ago(*range(7))]

    assert to_delete(kept, NOW) == []


def test_one_is_due_after_a_day_and_at_once_when_there_is_none() -> None:
    assert [is_due(days_ago(day), NOW) for day in (0, 0.99, 1, 2)] == [False, False, True, True]
    assert is_due([], NOW)


def test_one_of_the_future_does_not_keep_the_next_from_being_made() -> None:
    assert is_due(days_ago(-30), NOW)


def test_only_whole_backups_count(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    (tmp_path / "backups").mkdir()
    for name in (
        "turnet-2026-12-01T0842Z.tar.gz", "turnet-2026-12-02T0842Z.tar.gz.age", "turnet-2026-12-03T0842Z.tar.gz.part",
        "before-0004-2026-12-04T0842Z.tar.gz", "week.html", "turnet-by-hand.tar.gz",
    ):  # fmt: skip
        (tmp_path / "backups" / name).write_bytes(b"1234")

    assert keep.newest(settings) == Kept(
        tmp_path / "backups" / "turnet-2026-12-02T0842Z.tar.gz.age", datetime(2026, 12, 2, 8, 42, tzinfo=UTC), 4
    )
    assert [one.file.name for one in keep.before_migrations(settings)] == ["before-0004-2026-12-04T0842Z.tar.gz"]


def test_there_is_none_before_the_first(tmp_path: Path) -> None:
    assert keep.newest(Settings(data=tmp_path)) is None


def test_three_from_before_a_migration_are_kept(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    (tmp_path / "backups").mkdir()
    for day, step in enumerate(("0004", "0006", "0007", "0005", "0005"), start=1):
        (tmp_path / "backups" / name_at(NOW + timedelta(days=day), before=step)).touch()

    keep.tidy(settings, NOW)

    assert sorted(file.name for file in (tmp_path / "backups").iterdir()) == [
        "before-0005-2026-12-05T0842Z.tar.gz", "before-0005-2026-12-06T0842Z.tar.gz",
        "before-0007-2026-12-04T0842Z.tar.gz",
    ]  # fmt: skip


def test_a_file_dated_on_no_day_is_somebody_elses(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    keep.folder(settings).mkdir()
    for name in ("turnet-2026-13-01T0842Z.tar.gz", name_at(NOW)):
        (keep.folder(settings) / name).write_bytes(b"x")

    assert [one.made_at for one in keep.daily(settings)] == [NOW.replace(second=0)]
