// The two directions of the conversation: frames of a 32-bit length, a type byte and that many bytes.
// All numbers are little-endian, as on every machine this runs on; both ends are on the same one.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    // From the parent.
    FRAME_SCRIPT = 'L',    // u32 milliseconds per row, then the source
    FRAME_CONTEXT = 'C',   // u16 number of columns, each u16 length and name; then the records as JSON
    FRAME_ROWS = 'R',      // u32 number of rows; each value u32 length and bytes, or NO_VALUE
    FRAME_TRIAL = 'T',     // the same, to be told what was printed as well
    // To the parent.
    FRAME_HELLO = 'h',     // empty: the jail is closed
    FRAME_DONE = 'd',      // empty: the frame was carried out
    FRAME_REFUSED = 'e',   // u32 line or 0, then the reason: the script or the context cannot be used
    FRAME_ANSWERS = 'a',   // answers in the order of the rows: u8 code, u32 length, text
    FRAME_PRINTED = 'p',   // of a trial, before done or fault: u8 whether there was more, then lines
    FRAME_FAULT = 'x',     // u8 code: the row after the last answer ended the process
};

static const uint32_t NO_VALUE = 0xFFFFFFFFu;

enum { ANSWER_TEXT_LIMIT = 8192, FRAME_LIMIT = 16 << 20 };

typedef struct {
    uint8_t type;
    const uint8_t *bytes;
    size_t size;
} frame;

// Reserves the buffers; before the jail closes.
bool frames_open(void);

// Waits for a frame. False at the end of the input or when the frame is malformed: the process leaves.
bool frame_read(frame *into);

void frame_write(uint8_t type, const void *bytes, size_t size);

// Adds the answer of one row to those waiting to be written.
void answer_add(uint8_t code, const char *text, size_t size);

// Writes the answers that wait. Safe in a signal handler: answers are counted only once complete.
void answers_flush(void);
