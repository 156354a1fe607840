#ifndef ALE_CJQ_SHIM_H
#define ALE_CJQ_SHIM_H

// libjq 1.6 has no pkg-config file and no version macro; its two headers are self-contained.
#include <jv.h>
#include <jq.h>

// libjq ends the results of a program with an "invalid" value, and reports an error with one that has a message.
// Consumes value. 1: an error with a message; 0: a value, or the end of the results.
static inline int ale_jv_is_error(jv value) {
    int is_error = jv_get_kind(value) == JV_KIND_INVALID && jv_invalid_has_msg(jv_copy(value));
    jv_free(value);
    return is_error;
}

#endif
