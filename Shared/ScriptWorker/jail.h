// What the operating system takes away from this process before it sees a script.
#pragma once
#include <stdbool.h>

// Closes every inherited file but the three standard ones, sets the resource limits and loads the system call filter:
// from here on only reading file 0, writing file 1, telling the time, the interval timer and leaving are possible.
// Anything else raises SIGSYS. False when any of this failed; the process must then leave.
bool jail_close(void);
