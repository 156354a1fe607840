#include "floor.h"

#include <ale/customer_success/v1/engagements.pb-c.h>
#include <stdio.h>
#include <stdlib.h>

int codec(char **arguments) {
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
