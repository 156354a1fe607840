// A bounded memory region for one JavaScript heap, which can be put back to an earlier state as a whole.
#pragma once
#include <stdbool.h>
#include <stddef.h>

// Reserves the region and room for the saved states. Must run before the jail closes. False when the kernel refuses.
bool arena_open(size_t capacity);

// Forgets everything that was allocated.
void arena_clear(void);

// Allocation functions in the shape Duktape asks for; NULL once the region is full.
void *arena_alloc(void *unused, size_t size);
void *arena_realloc(void *unused, void *block, size_t size);
void arena_free(void *unused, void *block);

// True when an allocation was refused since the last call of arena_clear or arena_restore.
bool arena_was_full(void);

enum { ARENA_STATES = 2 };

// Copies everything allocated so far; false when it is too much to be copied before every row.
bool arena_save(int state);

// Puts every byte back as it was when the state was saved: no trace of what ran since then is left.
void arena_restore(int state);
