// zlib is callable from Swift as it is; a module map needs a header of its own.
#ifndef CZLIB_SHIM_H
#define CZLIB_SHIM_H

#include <zlib.h>

#endif
