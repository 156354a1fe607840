#define _GNU_SOURCE
#include "printed.h"

#include "frames.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// A byte that says whether there was more, then the lines, each with its end.
static uint8_t printed[1 + PRINTED_LIMIT];
static volatile size_t printed_size = 1;
static volatile bool wanted;
static uint32_t lines;

static struct {
    size_t size;
    uint32_t lines;
    uint8_t more;
} kept = {.size = 1};

duk_ret_t printed_add(duk_context *ctx) {
    duk_size_t size = 0;
    const char *line = duk_safe_to_lstring(ctx, 0, &size);
    size_t room = sizeof printed - printed_size;
    if (lines == PRINTED_LINES || room < 2) {
        printed[0] = 1;
        return 0;
    }
    if (size > room - 1) {
        size = room - 1;
        printed[0] = 1;
    }
    memcpy(printed + printed_size, line, size);
    printed[printed_size + size] = '\n';
    printed_size += size + 1;
    lines++;
    return 0;
}

void printed_clear(void) {
    printed[0] = 0;
    printed_size = 1;
    lines = 0;
    printed_keep();
}

void printed_keep(void) {
    kept.size = printed_size;
    kept.lines = lines;
    kept.more = printed[0];
}

void printed_begin(bool is_trial) {
    wanted = is_trial;
    printed_size = kept.size;
    lines = kept.lines;
    printed[0] = kept.more;
}

void printed_send(void) {
    if (wanted) frame_write(FRAME_PRINTED, printed, printed_size);
    wanted = false;
}
