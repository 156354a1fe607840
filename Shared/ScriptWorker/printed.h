// What a script prints, for its author who tries it. It is kept outside the heap, so that a row that ends the process has said
// what it said; of a row that is not tried nothing is sent.
#pragma once
#include <duktape.h>
#include <stdbool.h>

enum { PRINTED_LIMIT = 16 << 10, PRINTED_LINES = 100 };

// Adds its only argument as a line, within the bounds. What does not fit is left out, and that there was more is said.
duk_ret_t printed_add(duk_context *ctx);

// Forgets everything; and keeps what the top level of the script has printed as what each trial begins with.
void printed_clear(void);
void printed_keep(void);

// Goes back to what was kept. Of a trial what is printed from now on is sent by printed_send.
void printed_begin(bool is_trial);

// Writes what a trial has printed. Safe in a signal handler: a line counts only once complete.
void printed_send(void);
