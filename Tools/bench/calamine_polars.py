"""What the import bench is compared with: a workbook through python-calamine into polars, the same checks over whole
columns, and COPY through psycopg. Prints the seconds that it took.

    DATABASE=… calamine_polars.py WORKBOOK
"""

import os
import sys
import time

import polars
import psycopg
from python_calamine import CalamineWorkbook

FIELDS = ["Account", "End date", "Contract value", "Number", "Short description", "Start date", "Status"]
STATUS = ["draft", "active", "expired", "canceled", "Draft", "Active", "Expired", "Canceled", "초안", "활성", "만료됨", "취소됨"]


def read(path):
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    return polars.DataFrame(rows[1:], schema=[(name, None) for name in rows[0]], orient="row", infer_schema_length=1_000)


def checked(table):
    texts = table.select(polars.col(name).cast(polars.String).fill_null("").str.strip_chars() for name in FIELDS)
    account = texts["Account"].unique()
    date = r"^\d{4}-\d{2}-\d{2}$"

    def column(name):
        return polars.col(name)

    # The account, which must be there; both dates; the amount; the number, which must be there; two lengths; the choice.
    reasons = [
        (~column("Account").is_in(account.to_list()) | (column("Account") == ""), "Account is unknown."),
        (~column("End date").str.contains(date) | column("End date").str.to_date(strict=False).is_null(),
         "End date must be a date."),
        (column("Contract value").str.to_decimal(scale=6).is_null() & (column("Contract value") != ""),
         "Contract value must be a number."),
        (column("Number") == "", "Number is mandatory."),
        (column("Number").str.len_chars() > 1_000, "Number is too long."),
        (column("Short description").str.len_chars() > 1_000, "Short description is too long."),
        (column("Start date").str.to_date(strict=False).is_null() & (column("Start date") != ""),
         "Start date must be a date."),
        (~column("Status").is_in(STATUS) & (column("Status") != ""), "Status must be one of the choices."),
    ]
    texts = texts.with_columns(
        polars.concat_str([polars.when(fault).then(polars.lit(text)).otherwise(polars.lit("")) for fault, text in reasons],
                          separator="").alias("comment"),
        column("Number").is_duplicated().alias("doubled"),
        polars.int_range(2, table.height + 2).alias("row"),
    )
    return texts.with_columns(
        polars.when((column("comment") == "") & ~column("doubled")).then(polars.lit("ready_to_publish"))
        .otherwise(polars.lit("needs_attention")).alias("status"))


def copied(table, database):
    with psycopg.connect(database) as connection:
        # As lasting as staged rows are; given up with the transaction, so that the next round finds nothing of it.
        connection.execute(
            "CREATE TABLE import_validation.compared (account text, end_date text, contract_value text, number text, "
            "short_description text, start_date text, choice text, comment text, doubled boolean, row integer, status text)")
        with connection.cursor().copy("COPY import_validation.compared FROM STDIN (FORMAT csv)") as copy:
            copy.write(table.write_csv(include_header=False))
        found = connection.execute(
            "SELECT count(*) FROM import_validation.compared WHERE status = 'needs_attention'").fetchone()[0]
        connection.commit()
        connection.execute("DROP TABLE import_validation.compared")
        return found


def main():
    start = time.monotonic()
    found = copied(checked(read(sys.argv[1])), os.environ["DATABASE"])
    seconds = time.monotonic() - start
    print(f"{found} rows need attention")
    print(seconds)


main()
