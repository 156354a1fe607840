// The floors that `make bench` measures against: the C libraries alone, doing the same work.
//
//   floor respond URL USER PASSWORD CONNINFO SUBJECT SQL COUNT   answers requests with one prepared select each
//   floor codec FILE ITERATIONS                                  decodes and encodes a message with protobuf-c
#include <ale/customer_success/v1/engagements.pb-c.h>
#include <libpq-fe.h>
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "floor: %s: %s\n", what, why);
    exit(1);
}

// One subscription with a connection of its own; libnats gives each its own thread.
static void answer(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure) {
    PGconn *database = closure;
    char id[64] = {0};
    int length = natsMsg_GetDataLength(message);
    memcpy(id, natsMsg_GetData(message), length < 63 ? (size_t)length : 63);
    const char *values[1] = {id};
    PGresult *result = PQexecPrepared(database, "read", 1, values, NULL, NULL, 1);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) fail("select", PQerrorMessage(database));
    char reply[16384];
    size_t size = 0;
    int columns = PQntuples(result) == 1 ? PQnfields(result) : 0;
    for (int column = 0; column < columns; column++) {
        size_t part = (size_t)PQgetlength(result, 0, column);
        if (size + part > sizeof reply) break;
        memcpy(reply + size, PQgetvalue(result, 0, column), part);
        size += part;
    }
    natsConnection_Publish(connection, natsMsg_GetReply(message), reply, (int)size);
    PQclear(result);
    natsMsg_Destroy(message);
    (void)subscription;
}

static int respond(char **arguments) {
    natsOptions *options = NULL;
    natsConnection *connection = NULL;
    natsOptions_Create(&options);
    natsOptions_SetURL(options, arguments[0]);
    natsOptions_SetUserInfo(options, arguments[1], arguments[2]);
    natsOptions_SetSendAsap(options, true);
    natsStatus status = natsConnection_Connect(&connection, options);
    if (status != NATS_OK) fail("connect", natsStatus_GetText(status));
    int count = atoi(arguments[6]);
    for (int index = 0; index < count; index++) {
        PGconn *database = PQconnectdb(arguments[3]);
        if (PQstatus(database) != CONNECTION_OK) fail("connect", PQerrorMessage(database));
        PQclear(PQexec(database, "select set_config('ale.scope_lower', '/', false), set_config('ale.scope_upper', '0', false)"));
        PGresult *prepared = PQprepare(database, "read", arguments[5], 1, NULL);
        if (PQresultStatus(prepared) != PGRES_COMMAND_OK) fail("prepare", PQerrorMessage(database));
        PQclear(prepared);
        natsSubscription *subscription = NULL;
        status = natsConnection_QueueSubscribe(&subscription, connection, arguments[4], "q", answer, database);
        if (status != NATS_OK) fail("subscribe", natsStatus_GetText(status));
    }
    natsConnection_Flush(connection);
    puts("ready");
    fflush(stdout);
    char byte;
    while (read(0, &byte, 1) > 0) {
    }
    return 0;
}

static int codec(char **arguments) {
    FILE *file = fopen(arguments[0], "rb");
    if (!file) fail("open", arguments[0]);
    unsigned char bytes[65536];
    unsigned char packed[65536];
    size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    long iterations = atol(arguments[1]);
    size_t total = 0;
    double start = seconds();
    for (long round = 0; round < iterations; round++) {
        Ale__CustomerSuccess__V1__Engagement *message =
            ale__customer_success__v1__engagement__unpack(NULL, length, bytes);
        if (!message) fail("unpack", arguments[0]);
        total += ale__customer_success__v1__engagement__pack(message, packed);
        ale__customer_success__v1__engagement__free_unpacked(message, NULL);
    }
    printf("%.9f %zu\n", (seconds() - start) / (double)iterations, total);
    return 0;
}

int main(int count, char **arguments) {
    if (count == 9 && strcmp(arguments[1], "respond") == 0) return respond(arguments + 2);
    if (count == 4 && strcmp(arguments[1], "codec") == 0) return codec(arguments + 2);
    fprintf(stderr, "usage: floor respond URL USER PASSWORD CONNINFO SUBJECT SQL COUNT | floor codec FILE ITERATIONS\n");
    return 2;
}
