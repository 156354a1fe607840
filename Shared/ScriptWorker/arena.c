#define _GNU_SOURCE
#include "arena.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

// Blocks of up to SMALL_LIMIT bytes come in steps of 16, larger ones in four steps per power of two. A freed block goes
// to the list of its class and is never split or merged: the region is put back after every row, so it cannot fragment.
enum { STEP = 16, SMALL_CLASSES = 64, SMALL_LIMIT = STEP * SMALL_CLASSES, CLASSES = SMALL_CLASSES + 4 * 20 };

// The largest state that is saved. A larger script or context would make every row pay for the copy.
static const size_t state_limit = 16u << 20;

typedef struct block {
    uint32_t class;
    uint32_t unused;       // keeps the payload aligned to 8 bytes, which is what Duktape needs
    struct block *next;    // only while the block is free; the payload begins here
} block;

enum { HEADER = 8 };

// Lives at the start of the region, so that a saved state includes it.
typedef struct {
    size_t used;
    block *free[CLASSES];
} arena;

static uint8_t *region;
static size_t region_capacity;
static uint8_t *saved[ARENA_STATES];
static size_t saved_size[ARENA_STATES];
static bool was_full;

static uint8_t *reserve(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

bool arena_open(size_t capacity) {
    region = reserve(capacity);
    region_capacity = capacity;
    for (int state = 0; state < ARENA_STATES; state++) saved[state] = reserve(state_limit);
    if (region == NULL || saved[0] == NULL || saved[1] == NULL) return false;
    arena_clear();
    return true;
}

void arena_clear(void) {
    memset(region, 0, sizeof(arena));
    ((arena *)region)->used = (sizeof(arena) + STEP - 1) / STEP * STEP;
    was_full = false;
}

// The class of a payload size and, through `rounded`, the payload that blocks of this class have.
static uint32_t class_of(size_t size, size_t *rounded) {
    if (size <= SMALL_LIMIT) {
        size_t index = size == 0 ? 0 : (size - 1) / STEP;
        *rounded = (index + 1) * STEP;
        return (uint32_t)index;
    }
    uint32_t power = 63u - (uint32_t)__builtin_clzll((unsigned long long)(size - 1));
    size_t quarter = (size_t)1 << (power - 2);
    size_t step = (size - 1 - ((size_t)1 << power)) / quarter;
    *rounded = ((size_t)1 << power) + (step + 1) * quarter;
    return (uint32_t)(SMALL_CLASSES + (power - 10) * 4 + step);
}

static block *header_of(void *payload) { return (block *)((uint8_t *)payload - HEADER); }

static size_t payload_of(uint32_t class) {
    if (class < SMALL_CLASSES) return (size_t)(class + 1) * STEP;
    uint32_t power = 10 + (class - SMALL_CLASSES) / 4;
    return ((size_t)1 << power) + ((class - SMALL_CLASSES) % 4 + 1) * ((size_t)1 << (power - 2));
}

void *arena_alloc(void *unused, size_t size) {
    (void)unused;
    if (size == 0) return NULL;
    arena *a = (arena *)region;
    if (size >= region_capacity) {
        was_full = true;
        return NULL;
    }
    size_t rounded;
    uint32_t class = class_of(size, &rounded);
    block *found = a->free[class];
    if (found != NULL) {
        a->free[class] = found->next;
        return (uint8_t *)found + HEADER;
    }
    if (rounded + HEADER > region_capacity - a->used) {
        was_full = true;
        return NULL;
    }
    found = (block *)(region + a->used);
    a->used += rounded + HEADER;
    found->class = class;
    return (uint8_t *)found + HEADER;
}

void arena_free(void *unused, void *payload) {
    (void)unused;
    if (payload == NULL) return;
    arena *a = (arena *)region;
    block *freed = header_of(payload);
    freed->next = a->free[freed->class];
    a->free[freed->class] = freed;
}

void *arena_realloc(void *unused, void *payload, size_t size) {
    if (payload == NULL) return arena_alloc(unused, size);
    if (size == 0) {
        arena_free(unused, payload);
        return NULL;
    }
    size_t held = payload_of(header_of(payload)->class);
    if (size <= held && (held <= 4096 || size > held / 2)) return payload;
    void *moved = arena_alloc(unused, size);
    if (moved == NULL) return size <= held ? payload : NULL;
    memcpy(moved, payload, size < held ? size : held);
    arena_free(unused, payload);
    return moved;
}

bool arena_was_full(void) { return was_full; }

bool arena_save(int state) {
    size_t used = ((arena *)region)->used;
    if (used > state_limit) return false;
    memcpy(saved[state], region, used);
    saved_size[state] = used;
    return true;
}

void arena_restore(int state) {
    memcpy(region, saved[state], saved_size[state]);
    was_full = false;
}
