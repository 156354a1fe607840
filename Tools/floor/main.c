#include "floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void fail(const char *what, const char *why) {
    fprintf(stderr, "floor: %s: %s\n", what, why);
    exit(1);
}

// at_once: each message is sent by itself, as an answer must be; otherwise what comes within a millisecond is sent
// together.
natsConnection *connect_nats(const struct place *place, int at_once) {
    natsOptions *options = NULL;
    natsConnection *connection = NULL;
    char inbox[128];
    snprintf(inbox, sizeof inbox, "_INBOX.%s", place->user);
    natsOptions_Create(&options);
    natsOptions_SetURL(options, place->url);
    natsOptions_SetUserInfo(options, place->user, place->password);
    natsOptions_SetCustomInboxPrefix(options, inbox);
    natsOptions_SetSendAsap(options, at_once);
    natsStatus status = natsConnection_Connect(&connection, options);
    if (status != NATS_OK) fail("NATS", natsStatus_GetText(status));
    natsOptions_Destroy(options);
    return connection;
}

PGconn *connect_postgres(const struct place *place) {
    PGconn *database = PQconnectdb(place->database);
    if (PQstatus(database) != CONNECTION_OK) fail("Postgres", PQerrorMessage(database));
    return database;
}

int main(int count, char **arguments) {
    if ((count == 9 || count == 10) && strcmp(arguments[1], "serve") == 0) return serve(arguments + 2);
    if (count == 4 && strcmp(arguments[1], "codec") == 0) return codec(arguments + 2);
    fprintf(stderr,
            "usage: floor serve URL USER PASSWORD CONNINFO SUBJECT COUNT FILE [OUTBOX]   answers requests\n"
            "       floor codec FILE ITERATIONS    decodes and encodes a message with protobuf-c\n");
    return 2;
}
