// libpq as Swift sees it. Only the Swift module Postgres imports this.
#ifndef CPOSTGRES_SHIM_H
#define CPOSTGRES_SHIM_H

#include <libpq-fe.h>
#include <malloc.h>
#include <sys/prctl.h>

// The field codes of an error are character macros, which Swift does not import: give them typed names.
enum {
    ale_pg_severity = PG_DIAG_SEVERITY_NONLOCALIZED,
    ale_pg_sqlstate = PG_DIAG_SQLSTATE,
    ale_pg_message = PG_DIAG_MESSAGE_PRIMARY,
    ale_pg_detail = PG_DIAG_MESSAGE_DETAIL,
    ale_pg_position = PG_DIAG_STATEMENT_POSITION,
    ale_pg_table = PG_DIAG_TABLE_NAME,
    ale_pg_column = PG_DIAG_COLUMN_NAME,
    ale_pg_constraint = PG_DIAG_CONSTRAINT_NAME,
    ale_pg_source_function = PG_DIAG_SOURCE_FUNCTION,
};

// libpq prints notices to standard error unless it is given a processor; a service's log is structured, so they are dropped.
static void ale_pg_ignore_notice(void *unused, const PGresult *notice) {
    (void)unused;
    (void)notice;
}
static inline void ale_pg_silence_notices(PGconn *connection) {
    PQsetNoticeReceiver(connection, ale_pg_ignore_notice, 0);
}

// Names the calling thread (at most 15 bytes count); prctl is variadic, which Swift does not import.
static inline void ale_pg_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

// Gives memory that is free again back to the system; malloc.h is not in Swift's module of the C library.
static inline void ale_pg_give_back_memory(void) { malloc_trim(0); }

#endif
