#!/usr/bin/env python3
"""Write the same few labelled statements as Parquet, by pandas (pyarrow) and by DuckDB.

    pip install pandas==3.1.1 pyarrow==26.0.1 duckdb==2.0.1
    scripts/reference_tables.py tests/data/tables

Demarche's Parquet reader is tested on both: they differ in their compression, in their encodings and in how they
write lists and missing values. The statements are invented.
"""

import datetime
import sys
from pathlib import Path

import duckdb
import pandas as pd

ROWS = [
    (1, "We reject any foreign troops on our soil, the minister said.", "anti_intervention", True, 2, ["quote", "irony"]),
    (2, "The council meets on Thursday — in Geneva.", "none", False, None, []),
    (3, "“Their ports will be shelled,” the admiral vowed.", "pro_intervention", True, 5, ["quote"]),
]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    statements = pd.DataFrame(ROWS, columns=["id", "text", "label", "sure", "rule", "tags"])
    statements["rule"] = statements["rule"].astype("Int64")
    statements["label"] = statements["label"].astype("category")
    statements["date"] = datetime.date(2024, 3, 1)
    statements["sampling_probability"] = 0.25
    statements.to_parquet(folder / "pandas.parquet", index=False)
    duckdb.sql(f"COPY (FROM statements) TO '{folder / 'duckdb.parquet'}' (FORMAT parquet, COMPRESSION zstd)")


if __name__ == "__main__":
    main()
