"""Durable workflows of DBOS, for `bench plays`: each makes three inserts, each of them recorded as done.

Arguments: the URL of a Postgres server's database that may be filled, workflows in flight, seconds. Prints how many were
carried out per second, and the 99th percentile of their times in milliseconds.
"""

import logging
import sys
import threading
import time
import uuid

import sqlalchemy
from dbos import DBOS, DBOSConfig, SQLAlchemyDatasource

url, in_flight, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
config: DBOSConfig = {
    "name": "bench",
    "system_database_url": url,
    "log_level": "ERROR",
    "run_admin_server": False,
    "sys_db_pool_size": max(8, min(in_flight, 32)),
}
DBOS(config=config)
# An insert and the record that it was done are one transaction, the quickest way DBOS has.
source = SQLAlchemyDatasource.create(url.replace("postgresql://", "postgresql+psycopg://"), {"pool_size": 16})
INSERT = sqlalchemy.text("INSERT INTO made (id, workflow, place, text) VALUES (:id, :workflow, :place, :text)")


@source.transaction(isolation_level="READ COMMITTED")
def insert(workflow: str, place: int) -> str:
    made = str(uuid.uuid4())
    source.sql_session().execute(INSERT, {"id": made, "workflow": workflow, "place": place, "text": "Weekly check-in"})
    return made


@DBOS.workflow()
def play(name: str) -> list[str]:
    return [insert(name, place) for place in range(3)]


def main() -> None:
    logging.disable(logging.CRITICAL)
    with source.engine.begin() as connection:
        connection.execute(
            sqlalchemy.text(
                "CREATE TABLE IF NOT EXISTS made (id uuid PRIMARY KEY, workflow text, place integer, text text)"
            )
        )
    DBOS.launch()
    times: list[float] = []
    # Prepares what is prepared at the first use.
    play("first")
    start = time.monotonic()
    end = start + seconds

    def lane() -> None:
        while time.monotonic() < end:
            begun = time.monotonic()
            play(str(uuid.uuid4()))
            times.append((time.monotonic() - begun) * 1000)

    lanes = [threading.Thread(target=lane) for _ in range(in_flight)]
    for thread in lanes:
        thread.start()
    for thread in lanes:
        thread.join()
    took = time.monotonic() - start
    times.sort()
    print(f"{len(times) / took:.3f} {times[min(len(times) - 1, len(times) * 99 // 100)]:.3f}", flush=True)
    DBOS.destroy()


main()
