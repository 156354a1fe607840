/* The C library that packs and unpacks protobuf messages. */
#include <protobuf-c/protobuf-c.h>
