// Answers requests, each with the statements of a file: one a line, an empty line where the answers are waited for. Those
// between two waits are sent together, and `$1` is the text of the request. COUNT connections to the database, each with a
// subscription, which has a thread. The answer is what the last statement that gives a row gives, or the request itself.
#include "floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 16, LONGEST = 65536 };

// What each worker does: statement after statement; `ends` says behind which of them the answers are waited for.
static struct {
    char *text[MOST];
    int takes[MOST], ends[MOST], count;
} script;
static int has_outbox;

static void read_script(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) fail("open", path);
    static char line[LONGEST];
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (!*line) {
            if (script.count) script.ends[script.count - 1] = 1;
            continue;
        }
        if (script.count == MOST) fail("too many statements", path);
        script.text[script.count] = strdup(line);
        script.takes[script.count++] = strstr(line, "$1") != NULL;
    }
    fclose(file);
    if (!script.count) fail("no statements", path);
    script.ends[script.count - 1] = 1;
}

static void prepare(PGconn *database) {
    for (int index = 0; index < script.count; index++) {
        char name[8];
        snprintf(name, sizeof name, "s%d", index);
        PGresult *prepared = PQprepare(database, name, script.text[index], script.takes[index], NULL);
        if (PQresultStatus(prepared) != PGRES_COMMAND_OK) fail(script.text[index], PQerrorMessage(database));
        PQclear(prepared);
    }
    if (!PQenterPipelineMode(database)) fail("pipeline", PQerrorMessage(database));
}

static void send(PGconn *database, int index, const char *text) {
    char name[8];
    snprintf(name, sizeof name, "s%d", index);
    const char *values[1] = {text};
    if (!PQsendQueryPrepared(database, name, script.takes[index], values, NULL, NULL, 1))
        fail("send", PQerrorMessage(database));
}

// Reads the answers of the statements from `first` to `last` and the end of the batch. The columns of the last row become
// the answer.
static size_t receive(PGconn *database, int first, int last, char *answer, size_t size) {
    for (int index = first; index <= last; index++) {
        PGresult *result = PQgetResult(database);
        ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail(script.text[index], PQerrorMessage(database));
        if (PQntuples(result) == 1) {
            size = 0;
            for (int column = 0; column < PQnfields(result); column++) {
                size_t part = (size_t)PQgetlength(result, 0, column);
                if (size + part > LONGEST) break;
                memcpy(answer + size, PQgetvalue(result, 0, column), part);
                size += part;
            }
        }
        PQclear(result);
        PQclear(PQgetResult(database));
    }
    PGresult *end = PQgetResult(database);
    if (PQresultStatus(end) != PGRES_PIPELINE_SYNC) fail("sync", PQerrorMessage(database));
    PQclear(end);
    return size;
}

static void answer(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure) {
    PGconn *database = closure;
    static __thread char text[LONGEST + 1], row[LONGEST];
    size_t length = (size_t)natsMsg_GetDataLength(message);
    if (length > LONGEST) fail("request", "too long");
    memcpy(text, natsMsg_GetData(message), length);
    text[length] = 0;
    size_t size = 0;
    for (int index = 0, first = 0; index < script.count; index++) {
        send(database, index, text);
        if (!script.ends[index]) continue;
        if (!PQpipelineSync(database)) fail("sync", PQerrorMessage(database));
        size = receive(database, first, index, row, size);
        first = index + 1;
    }
    natsConnection_Publish(connection, natsMsg_GetReply(message), has_outbox ? text : row, has_outbox ? (int)length : (int)size);
    if (has_outbox) wake_relay();
    natsMsg_Destroy(message);
    (void)subscription;
}

int serve(char **arguments) {
    struct place place = {arguments[0], arguments[1], arguments[2], arguments[3]};
    int count = atoi(arguments[5]);
    read_script(arguments[6]);
    has_outbox = arguments[7] != NULL;
    natsConnection *connection = connect_nats(&place, 1);
    for (int index = 0; index < count; index++) {
        PGconn *database = connect_postgres(&place);
        prepare(database);
        natsSubscription *subscription = NULL;
        natsStatus status =
            natsConnection_QueueSubscribe(&subscription, connection, arguments[4], "q", answer, database);
        if (status != NATS_OK) fail("subscribe", natsStatus_GetText(status));
    }
    natsConnection_Flush(connection);
    if (has_outbox) relay(&place, arguments[7]);
    puts("ready");
    fflush(stdout);
    for (;;) pause();
}
