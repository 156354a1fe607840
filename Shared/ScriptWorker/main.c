// The process that runs record-level checks: scripts written by administrators, over rows sent by customers.
// It talks to its parent over files 0 and 1 (frames.h), owns nothing else (jail.h), and gives every row the same fresh
// JavaScript heap (arena.h), so that no row can leave anything behind for the next.
#define _GNU_SOURCE
#include "arena.h"
#include "frames.h"
#include "jail.h"
#include "script.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARENA_CAPACITY = 64 << 20, EXIT_NO_MEMORY = 70, EXIT_NO_JAIL = 71 };

static void complain(const char *text) {
    ssize_t ignored = write(2, text, strlen(text));
    (void)ignored;
}

static void refuse(const script_refusal *refusal) {
    uint8_t answer[4 + sizeof refusal->reason];
    size_t size = strnlen(refusal->reason, sizeof refusal->reason);
    memcpy(answer, &refusal->line, 4);
    memcpy(answer + 4, refusal->reason, size);
    frame_write(FRAME_REFUSED, answer, 4 + size);
}

int main(void) {
    if (!arena_open(ARENA_CAPACITY) || !frames_open() || !script_open()) {
        complain("script-worker: cannot reserve memory\n");
        return EXIT_NO_MEMORY;
    }
    if (!jail_close()) {
        complain("script-worker: cannot close the jail, so no script may run\n");
        return EXIT_NO_JAIL;
    }
    frame_write(FRAME_HELLO, NULL, 0);
    frame next;
    script_refusal refusal;
    while (frame_read(&next)) {
        bool carried_out;
        switch (next.type) {
        case FRAME_SCRIPT: carried_out = script_load(next.bytes, next.size, &refusal); break;
        case FRAME_CONTEXT: carried_out = script_set_context(next.bytes, next.size, &refusal); break;
        case FRAME_ROWS:
        case FRAME_TRIAL:
            carried_out = script_run(next.bytes, next.size, next.type == FRAME_TRIAL, &refusal);
            break;
        default: return EXIT_FAILURE;
        }
        if (carried_out)
            frame_write(FRAME_DONE, NULL, 0);
        else
            refuse(&refusal);
    }
    return EXIT_SUCCESS;
}
