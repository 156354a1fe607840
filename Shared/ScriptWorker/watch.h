// Ends the process when a row takes too long or does what it must not, after telling the parent which row it was.
#pragma once
#include <stdbool.h>
#include <stdint.h>

// Installs the handlers, on a stack of their own; before the jail closes.
bool watch_open(void);

// The timer runs between these two.
void watch_start(uint32_t row_ms);
void watch_stop(void);

// Around everything that runs a script. Leaving tells whether time enough has passed to report progress.
void watch_enter(void);
bool watch_leave(void);

// Reports what ends the process and ends it.
_Noreturn void watch_fault(uint8_t code);
