"""Reads files of old records with DuckDB and with pandas, and prints what each of them sees."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "python"))

import duckdb  # noqa: E402
import pandas  # noqa: E402


def with_duckdb(folder, key):
    files = f"{folder}/told/*/*.parquet"
    told = duckdb.connect()
    told.execute("SET TimeZone = 'UTC'")
    told.execute(
        f"CREATE VIEW told AS SELECT * FROM read_parquet('{files}', hive_partitioning = true, hive_types = {{'day': DATE}})"
    )
    one = lambda query: told.execute(query).fetchone()[0]
    person = told.execute(
        "SELECT CAST(day AS VARCHAR), partnership, categories, count, epoch_ms(first)"
        f" FROM told WHERE key = {key} ORDER BY day"
    ).fetchall()
    return {
        "rows": one("SELECT count(*) FROM told"),
        "told": dict(
            told.execute("SELECT partnership, CAST(sum(count) AS BIGINT) FROM told GROUP BY 1 ORDER BY 1").fetchall()
        ),
        "days": one("SELECT count(DISTINCT day) FROM told"),
        "sealed_bytes": int(one("SELECT sum(octet_length(sealed)) FROM told")),
        "person": [[*row[:4], when(row[4])] for row in person],
    }


def with_pandas(folder, key):
    told = pandas.read_parquet(f"{folder}/told", engine="pyarrow")
    person = told[told["key"] == key].sort_values("day", key=lambda day: day.astype(str))
    return {
        "rows": len(told),
        "told": {name: int(count) for name, count in told.groupby("partnership")["count"].sum().items()},
        "days": told["day"].nunique(),
        "sealed_bytes": int(told["sealed"].map(len).sum()),
        "person": [
            [str(row.day), row.partnership, row.categories, int(row.count_), row.first.isoformat(timespec="microseconds")]
            for row in person.rename(columns={"count": "count_"}).itertuples()
        ],
    }


def when(millis):
    return pandas.Timestamp(millis, unit="ms", tz="UTC").isoformat(timespec="microseconds")


folder, key = sys.argv[1], int(sys.argv[2])
print(json.dumps({"duckdb": with_duckdb(folder, key), "pandas": with_pandas(folder, key)}))
