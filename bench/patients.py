"""Finding somebody among a hundred thousand patients: `python -m bench.patients [sqlite | postgresql://…]`."""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from turnet.db.engine import bind, engine_for
from turnet.db.start import migrate
from turnet.db.transactions import fetch, tx
from turnet.ids import random_id
from turnet.patients.indexing import add
from turnet.patients.keys import keys_of
from turnet.patients.queries import search
from turnet.settings import Settings

PATIENTS = int(os.environ.get("PATIENTS", "100000"))
BATCH = 1000
ROUNDS = 40
NOW = datetime(2026, 12, 1, 8, 42, tzinfo=UTC)
GIVEN = {
    "fi": [
        "Anna",
        "Aino",
        "Eero",
        "Mikko",
        "Sanna",
        "Pekka",
        "Liisa",
        "Matti",
        "Äijä",
        "Ville",
        "Helmi",
        "Väinö",
        "Eeva",
        "Juho",
        "Tuuli",
        "Onni",
    ],
    "he": [
        "דנה",
        "יונתן",
        "משה",
        "שרה",
        "רחל",
        "חיים",
        "עמרי",
        "נועה",
        "איתי",
        "תמר",
        "יעל",
        "אורי",
        "מיכל",
        "דוד",
        "רון",
        "מאיה",
    ],
    "ru": ["Сергей", "Иван", "Ольга", "Юлия", "Наталья", "Дмитрий", "Анна", "Михаил", "Елена", "Пётр"],
}
FAMILY = {
    "fi": [
        "Virtanen",
        "Korhonen",
        "Mäkinen",
        "Nieminen",
        "Hämäläinen",
        "Koskinen",
        "Järvinen",
        "Lehtonen",
        "Salo",
        "Laine",
        "Heikkinen",
        "Öhman",
    ],
    "he": ["כהן", "לוי", "מזרחי", "פרץ", "ביטון", "דהן", "אברהם", "פרידמן", "אזולאי", "מלכה", "כץ", "שפירא"],
    "ru": ["Иванов", "Смирнов", "Кузнецов", "Попов", "Соколов", "Лебедев", "Козлов", "Новиков", "Морозов"],
}
ENDINGS = {
    "fi": ["", "la", "sto", "nen", "ranta", "maa", "vaara", "niemi", "lahti", "koski"],
    "he": ["", "י", "ון", "מן", "סקי", "וביץ", "ית", "ברג"],
    "ru": ["", "а", "ский", "енко", "ич", "ин"],
}
SOUGHT = {
    "one letter": "a",
    "two letters": "vi",
    "common first name": "anna",
    "first and family name": "anna virtanenl",
    "two initials": "a v",
    "with an accent": "hämäl",
    "Hebrew": "כה",
    "Hebrew by its sound": "cohen",
    "Cyrillic by its Latin": "ivan sok",
    "Finnish by Hebrew sound": "להטונן",
    "number from its start": "040 12",
    "last four digits": "4711",
    "last seven digits": "1234711",
    "year of birth": "anna 1980",
    "address": "p1234@",
    "nobody": "zzyzx",
}


async def _fill(random: Random) -> None:
    for start in range(0, PATIENTS, BATCH):
        rows, points, keys = [], [], []
        for n in range(start + 1, start + BATCH + 1):
            name, language = _name(random)
            year, phone = random.randint(1930, 2024), f"+35840{random.randint(0, 9_999_999):07}"
            rows += [n, random_id(), name, year, language, False, NOW, NOW]
            points += [n, "phone", f"{phone}{n}"[:20], phone]
            keys += [(n, key) for key in sorted(keys_of(name, year, [phone], [f"p{n}@mail.example"]))]
        async with tx():
            await fetch(
                "INSERT INTO patient (id, public_id, name, birth_year, language, provisional, created_at, indexed_at) "
                f"VALUES {', '.join(['({}, {}, {}, {}, {}, {}, {}, {})'] * BATCH)}",
                *rows,
            )
            await fetch(
                f"INSERT INTO contact_point (id, kind, value, raw) VALUES {', '.join(['({}, {}, {}, {})'] * BATCH)}",
                *points,
            )
            links = [value for n in range(start + 1, start + BATCH + 1) for value in (n, n)]
            await fetch(
                f"INSERT INTO patient_contact (patient, contact_point) VALUES {', '.join(['({}, {})'] * BATCH)}", *links
            )
            await add(keys)


def _name(random: Random) -> tuple[str, str]:
    language = random.choices(["fi", "he", "ru"], weights=[5, 4, 1])[0]
    family = random.choice(FAMILY[language]) + random.choice(ENDINGS[language])
    return f"{random.choice(GIVEN[language])} {family}", language


async def _report() -> None:
    [(keys,)] = await fetch("SELECT count(*) FROM patient_key")
    print(f"{PATIENTS:,} patients, {keys:,} keys")
    for what, text in SOUGHT.items():
        times = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            found = await search(text, region="FI", now=NOW + timedelta(days=1))
            times.append((time.perf_counter() - began) * 1000)
        times.sort()
        p50, p95 = statistics.median(times), times[int(ROUNDS * 0.95) - 1]
        print(
            f"{what:26} {text:16} found {len(found)}  p50 {p50:6.2f} ms  p95 {p95:6.2f} ms  worst {times[-1]:6.2f} ms"
        )


async def main(url: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), **({} if url == "sqlite" else {"database_url": url}))
        engine = engine_for(settings)
        bind(engine)
        await engine.start_connection_pool()
        try:
            await migrate(engine, settings)
            began = time.perf_counter()
            await _fill(Random(4))
            await fetch("ANALYZE")
            print(f"filled in {time.perf_counter() - began:.1f} s")
            await _report()
        finally:
            await engine.close_connection_pool()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "sqlite"))
