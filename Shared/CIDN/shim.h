// libidn2 is callable from Swift as it is; a module map needs a header of its own.
#ifndef CIDN_SHIM_H
#define CIDN_SHIM_H

#include <idn2.h>

#endif
