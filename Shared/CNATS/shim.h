// The whole of libnats is callable from Swift as it is. This header names the library's include path in one place, and
// adds what the library knows of a message and does not tell.
#ifndef CNATS_SHIM_H
#define CNATS_SHIM_H

#include <nats/nats.h>
#include <stddef.h>
#include <string.h>

/// The header block of a received message as it came over the wire, `NATS/1.0…`, and its size in bytes; NULL when the
/// message has none.
///
/// libnats has no function for it, and its own parser takes the whole next line for the value of a header without one,
/// so that an empty header hides the token behind it. A received message is one piece of memory: subject, answer
/// subject where there is one, header block and payload, each ended by a NUL. NULL as well when the piece does not look like that, or when
/// the library's parser has cut the block up already: then only its functions know the headers.
static inline const char *ale_nats_header_block(natsMsg *message, size_t *size) {
    static const char mark[] = "NATS/1.0";
    const char *subject = natsMsg_GetSubject(message);
    const char *data = natsMsg_GetData(message);
    if (subject == NULL || data == NULL || data <= subject || data - subject > (64 << 20)) return NULL;
    const char *reply = natsMsg_GetReply(message);
    const char *start = subject + strlen(subject) + 1;
    if (reply != NULL && reply != start) return NULL;
    if (reply != NULL) start += strlen(reply) + 1;
    if (data - start <= (ptrdiff_t)sizeof mark) return NULL;
    *size = (size_t)(data - start) - 1;
    if (memcmp(start, mark, sizeof mark - 1) != 0 || memchr(start, 0, *size) != NULL) return NULL;
    return start;
}

#endif
