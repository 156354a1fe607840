// The floors that `make bench` measures against: what the C libraries alone need for the same work.
#ifndef FLOOR_H
#define FLOOR_H

#include <libpq-fe.h>
#include <nats/nats.h>

// Where the servers are and as whom the floor connects.
struct place {
    const char *url, *user, *password, *database;
};

void fail(const char *what, const char *why);
double seconds(void);

natsConnection *connect_nats(const struct place *place, int at_once);
PGconn *connect_postgres(const struct place *place);

// Relays the events of a table made as the outbox is, for ever, on a thread of its own.
void relay(const struct place *place, const char *table);

// Tells the relay that an event was committed.
void wake_relay(void);

int serve(char **arguments);
int codec(char **arguments);

#endif
