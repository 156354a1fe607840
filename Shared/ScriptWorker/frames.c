#define _GNU_SOURCE
#include "frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ANSWERS_CAPACITY = 128 << 10, ANSWERS_FLUSH = ANSWERS_CAPACITY - ANSWER_TEXT_LIMIT - 16 };

static uint8_t *input;
static uint8_t answers[ANSWERS_CAPACITY];
static volatile size_t answers_size;

bool frames_open(void) {
    void *memory = mmap(NULL, FRAME_LIMIT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    input = memory;
    return memory != MAP_FAILED;
}

static bool read_all(uint8_t *into, size_t size) {
    while (size > 0) {
        ssize_t count = read(0, into, size);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        into += count;
        size -= (size_t)count;
    }
    return true;
}

// Leaves the process when the parent is gone: there is nobody left to tell.
static void write_all(const uint8_t *bytes, size_t size) {
    while (size > 0) {
        ssize_t count = write(1, bytes, size);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) _exit(0);
        bytes += count;
        size -= (size_t)count;
    }
}

bool frame_read(frame *into) {
    uint8_t head[5];
    if (!read_all(head, sizeof head)) return false;
    uint32_t size;
    memcpy(&size, head, 4);
    if (size > FRAME_LIMIT) return false;
    into->type = head[4];
    into->bytes = input;
    into->size = size;
    return read_all(input, size);
}

void frame_write(uint8_t type, const void *bytes, size_t size) {
    uint8_t head[5];
    uint32_t length = (uint32_t)size;
    memcpy(head, &length, 4);
    head[4] = type;
    write_all(head, sizeof head);
    write_all(bytes, size);
}

void answer_add(uint8_t code, const char *text, size_t size) {
    if (answers_size > ANSWERS_FLUSH) answers_flush();
    uint32_t length = (uint32_t)size;
    uint8_t *end = answers + answers_size;
    end[0] = code;
    memcpy(end + 1, &length, 4);
    memcpy(end + 5, text, size);
    answers_size += 5 + size;
}

void answers_flush(void) {
    if (answers_size == 0) return;
    size_t size = answers_size;
    answers_size = 0;
    frame_write(FRAME_ANSWERS, answers, size);
}
