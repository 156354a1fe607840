// One script, the records it may look at, and its verdicts on rows.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Why a script or its context cannot be used.
typedef struct {
    uint32_t line;        // of the script, 0 when there is none
    char reason[1020];    // UTF-8, ends with NUL
} script_refusal;

// The verdict on a row, or what kept the script from giving one.
enum {
    VERDICT_PASSED = 0,
    VERDICT_REJECTED = 1,       // text: the message of the script
    VERDICT_THREW = 2,          // text: the exception
    VERDICT_WRONG_ANSWER = 3,   // text: what is wrong with it
    VERDICT_OUT_OF_MEMORY = 4,
    VERDICT_REJECTED_AT = 5,    // text: the column that the script names, a line's end, its message
};

// What ended the process in the middle of a row.
enum { FAULT_TIMED_OUT = 1, FAULT_FORBIDDEN = 2, FAULT_CRASHED = 3 };

// Installs the signal handlers; before the jail closes.
bool script_open(void);

// Each takes the contents of the frame of its name. On false the refusal is filled in.
bool script_load(const uint8_t *bytes, size_t size, script_refusal *refusal);
bool script_set_context(const uint8_t *bytes, size_t size, script_refusal *refusal);
bool script_run(const uint8_t *bytes, size_t size, bool is_trial, script_refusal *refusal);
