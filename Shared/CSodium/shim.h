// libsodium is callable from Swift as it is; a module map needs a header of its own.
#ifndef CSODIUM_SHIM_H
#define CSODIUM_SHIM_H

#include <sodium.h>

#endif
