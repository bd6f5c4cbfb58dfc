#!/usr/bin/env python3
"""Check that the libraries people use read what Demarche writes as Parquet and Arrow.

    pip install duckdb pandas polars pyarrow
    scripts/check_columns.py DEMARCHE INPUT

Classifies INPUT to JSONL, Parquet and Arrow, and compares every value as each library reads it.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow.feather
import pyarrow.parquet


def same(found: object, expected: object) -> bool:
    if isinstance(expected, float) and found is not None:
        return abs(float(found) - expected) < 1e-6
    return found == expected


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    binary, source = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        paths = {ending: str(Path(folder) / f"out.{ending}") for ending in ("jsonl", "parquet", "arrow")}
        for path in paths.values():
            subprocess.run([binary, "classify", source, "-o", path, "--quiet"], check=True)
        lines = Path(paths["jsonl"]).read_text(encoding="utf-8").splitlines()
        expected = [json.loads(line) for line in lines]
        parquet, arrow = paths["parquet"], paths["arrow"]
        frame = pandas.read_parquet(parquet)
        query = duckdb.sql(f"select * from read_parquet('{parquet}')")
        found = {
            "pyarrow, Parquet": pyarrow.parquet.read_table(parquet).to_pylist(),
            "pyarrow, Arrow": pyarrow.feather.read_table(arrow).to_pylist(),
            "pandas": frame.astype(object).where(frame.notna(), None).to_dict("records"),
            "polars, Parquet": polars.read_parquet(parquet).to_dicts(),
            "polars, Arrow": polars.read_ipc(arrow).to_dicts(),
            "duckdb": [dict(zip(query.columns, row)) for row in query.fetchall()],
        }
        for library, records in found.items():
            assert len(records) == len(expected), library
            for record, wanted in zip(records, expected):
                for name, value in wanted.items():
                    assert same(record[name], value), (library, name, record[name], value)
            print(f"{library}: {len(records)} records the same")
        print(pyarrow.parquet.read_schema(parquet).remove_metadata())
        print("stance in pandas:", frame["stance"].dtype)
        counts = "select stance, count(*) from read_parquet('{}') group by 1 order by 1".format(parquet)
        print("duckdb counts:", duckdb.sql(counts).fetchall())


if __name__ == "__main__":
    main()
