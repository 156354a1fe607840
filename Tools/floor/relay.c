// The events of a table made as the outbox is, oldest first, to the stream: published together, marked when the stream has
// stored them. A batch every 25 ms, as the services do it.
#include "floor.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int is_woken;

static struct {
    natsConnection *connection;
    jsCtx *stream;
    PGconn *database;
    char select[256], mark[256];
} at;

void wake_relay(void) {
    pthread_mutex_lock(&mutex);
    is_woken = 1;
    pthread_cond_signal(&condition);
    pthread_mutex_unlock(&mutex);
}

static PGresult *run(const char *statement, const char *value) {
    const char *values[1] = {value};
    PGresult *result = PQexecParams(at.database, statement, value ? 1 : 0, NULL, values, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail(statement, PQerrorMessage(at.database));
    return result;
}

static void publish(PGresult *rows, int row) {
    size_t length;
    unsigned char *payload = PQunescapeBytea((unsigned char *)PQgetvalue(rows, row, 4), &length);
    natsMsg *message = NULL;
    natsStatus status = natsMsg_Create(&message, PQgetvalue(rows, row, 2), NULL, (char *)payload, (int)length);
    if (status != NATS_OK) fail("message", natsStatus_GetText(status));
    natsMsgHeader_Add(message, "Nats-Msg-Id", PQgetvalue(rows, row, 1));
    natsMsgHeader_Add(message, "ce-specversion", "1.0");
    natsMsgHeader_Add(message, "ce-id", PQgetvalue(rows, row, 1));
    natsMsgHeader_Add(message, "ce-source", "/ale/customer-success");
    natsMsgHeader_Add(message, "ce-type", "customer-success.touchpoint.created");
    natsMsgHeader_Add(message, "ce-subject", PQgetvalue(rows, row, 3));
    natsMsgHeader_Add(message, "content-type", "application/protobuf");
    status = js_PublishMsgAsync(at.stream, &message, NULL);
    if (status != NATS_OK) fail("publish", natsStatus_GetText(status));
    PQfreemem(payload);
}

// One batch; how many events it had.
static int relay_batch(void) {
    PGresult *rows = run(at.select, NULL);
    int count = PQntuples(rows);
    static char places[500 * 24];
    size_t end = (size_t)sprintf(places, "{");
    for (int row = 0; row < count; row++) {
        publish(rows, row);
        end += (size_t)sprintf(places + end, "%s%s", row ? "," : "", PQgetvalue(rows, row, 0));
    }
    PQclear(rows);
    if (!count) return 0;
    strcpy(places + end, "}");
    natsStatus status = js_PublishAsyncComplete(at.stream, NULL);
    if (status != NATS_OK) fail("stream", natsStatus_GetText(status));
    PQclear(run(at.mark, places));
    return count;
}

static void *relay_all(void *unused) {
    const struct timespec pause = {.tv_nsec = 25000000};
    for (;;) {
        pthread_mutex_lock(&mutex);
        while (!is_woken) pthread_cond_wait(&condition, &mutex);
        is_woken = 0;
        pthread_mutex_unlock(&mutex);
        while (relay_batch() > 0) nanosleep(&pause, NULL);
    }
    return unused;
}

void relay(const struct place *place, const char *table) {
    at.connection = connect_nats(place, 0);
    at.database = connect_postgres(place);
    // Events of all domains, as the service's relay sees them.
    PQclear(run("SELECT set_config('ale.scope_lower', '/', false), set_config('ale.scope_upper', '0', false)", NULL));
    natsStatus status = natsConnection_JetStream(&at.stream, at.connection, NULL);
    if (status != NATS_OK) fail("JetStream", natsStatus_GetText(status));
    snprintf(at.select, sizeof at.select,
             "SELECT seq, event_id, subject, record, payload FROM %s WHERE sent_at IS NULL ORDER BY seq LIMIT 500", table);
    snprintf(at.mark, sizeof at.mark, "UPDATE %s SET sent_at = now() WHERE seq = ANY ($1::bigint[])", table);
    pthread_t thread;
    if (pthread_create(&thread, NULL, relay_all, NULL) != 0) fail("thread", "refused");
}
