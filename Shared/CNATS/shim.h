// The whole of libnats is callable from Swift as it is; this header exists because a module map needs a header of
// its own, and so that the library's include path is named in one place.
#ifndef CNATS_SHIM_H
#define CNATS_SHIM_H

#include <nats/nats.h>

#endif
