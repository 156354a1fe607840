#define _GNU_SOURCE
#include "script.h"

#include "arena.h"
#include "frames.h"
#include "prelude.h"
#include "printed.h"
#include "watch.h"

#include <duktape.h>
#include <stdio.h>
#include <string.h>

// The states of the arena: with the script alone, and with the records and column names as well.
enum { STATE_SCRIPT, STATE_CONTEXT };

enum { MAXIMUM_COLUMNS = 16384 };

static duk_context *heap;    // NULL until a script is loaded
static bool has_context;
static uint32_t row_ms;

// Values of the saved states, held in the heap's stash. Restoring a state puts them back at the same addresses.
static void *record_methods, *seal, *function;
static void *column_names[MAXIMUM_COLUMNS];
static uint32_t column_count;

// The records beside the row, such as "task", under the name the script knows them by.
enum { MAXIMUM_RECORDS = 32 };
static struct {
    void *name, *value;
} records[MAXIMUM_RECORDS];
static uint32_t record_count;

// Bytes of the frame being read, with the bounds checked at every step.
typedef struct {
    const uint8_t *at, *end;
} cursor;

static bool take(cursor *from, size_t size, const uint8_t **bytes) {
    if ((size_t)(from->end - from->at) < size) return false;
    *bytes = from->at;
    from->at += size;
    return true;
}

static bool take_u16(cursor *from, uint16_t *value) {
    const uint8_t *bytes;
    if (!take(from, 2, &bytes)) return false;
    memcpy(value, bytes, 2);
    return true;
}

static bool take_u32(cursor *from, uint32_t *value) {
    const uint8_t *bytes;
    if (!take(from, 4, &bytes)) return false;
    memcpy(value, bytes, 4);
    return true;
}

static bool refuse(script_refusal *refusal, uint32_t line, const char *reason) {
    refusal->line = line;
    snprintf(refusal->reason, sizeof refusal->reason, "%s", reason);
    return false;
}

static void fatal(void *unused, const char *message) {
    (void)unused;
    (void)message;
    watch_fault(FAULT_CRASHED);
}

// Keeps the value on top of the stack reachable for as long as the state lives, pops it and gives its address.
static void *keep(duk_context *ctx) {
    void *address = duk_get_heapptr(ctx, -1);
    duk_push_global_stash(ctx);
    duk_insert(ctx, -2);
    duk_put_prop_index(ctx, -2, (duk_uarridx_t)duk_get_length(ctx, -2));
    duk_get_prop_string(ctx, -1, "length");
    duk_uint_t length = duk_get_uint_default(ctx, -1, 0);
    duk_pop(ctx);
    duk_push_uint(ctx, length + 1);
    duk_put_prop_string(ctx, -2, "length");
    duk_pop(ctx);
    return address;
}

// Reads the exception on top of the stack, whose own conversion to text may throw again.
static duk_ret_t describe_body(duk_context *ctx, void *argument) {
    script_refusal *into = argument;
    if (duk_is_object(ctx, -1)) {
        duk_get_prop_string(ctx, -1, "fileName");
        const char *file = duk_get_string(ctx, -1);
        bool in_script = file != NULL && strcmp(file, "script") == 0;
        duk_pop(ctx);
        duk_get_prop_string(ctx, -1, "lineNumber");
        if (in_script) into->line = duk_get_uint_default(ctx, -1, 0);
        duk_pop(ctx);
    }
    refuse(into, into->line, duk_safe_to_string(ctx, -1));
    return 0;
}

// Pops the exception.
static void describe(script_refusal *into) {
    refuse(into, 0, "an exception that cannot be described");
    duk_safe_call(heap, describe_body, into, 1, 1);
    duk_pop(heap);
}

// Loading.

typedef struct {
    const char *bytes;
    size_t size;
} text;

static duk_ret_t load_body(duk_context *ctx, void *argument) {
    const text *source = argument;
    duk_push_c_function(ctx, printed_add, 1);
    duk_put_global_string(ctx, "print");    // the prelude takes it and puts its own in its place
    duk_push_string(ctx, "prelude");
    duk_compile_string_filename(ctx, DUK_COMPILE_EVAL, prelude);
    duk_push_global_object(ctx);
    duk_call_method(ctx, 0);
    duk_get_prop_string(ctx, -1, "record");
    record_methods = keep(ctx);
    duk_get_prop_string(ctx, -1, "seal");
    seal = keep(ctx);

    duk_push_string(ctx, "script");
    duk_compile_lstring_filename(ctx, 0, source->bytes, source->size);
    duk_call(ctx, 0);
    duk_get_global_string(ctx, "executeCondition");
    if (!duk_is_function(ctx, -1))
        return duk_error(ctx, DUK_ERR_TYPE_ERROR, "the script declares no function executeCondition(stagingTableGr)");
    function = keep(ctx);
    return 0;
}

bool script_load(const uint8_t *bytes, size_t size, script_refusal *refusal) {
    heap = NULL;
    has_context = false;
    cursor in = {bytes, bytes + size};
    if (!take_u32(&in, &row_ms) || row_ms == 0) return refuse(refusal, 0, "malformed frame");
    arena_clear();
    printed_clear();
    heap = duk_create_heap(arena_alloc, arena_realloc, arena_free, NULL, fatal);
    if (heap == NULL) return refuse(refusal, 0, "no memory for the script");
    text source = {(const char *)in.at, (size_t)(in.end - in.at)};
    watch_start(row_ms);
    watch_enter();
    bool loaded = duk_safe_call(heap, load_body, &source, 0, 1) == DUK_EXEC_SUCCESS;
    if (!loaded) describe(refusal);
    else duk_pop(heap);
    watch_leave();
    watch_stop();
    printed_keep();
    if (loaded && !arena_save(STATE_SCRIPT))
        loaded = refuse(refusal, 0, "the script holds more memory than is allowed before the first row");
    if (!loaded) heap = NULL;
    return loaded;
}

// The records beside the row, and the names of its columns.

static duk_ret_t context_body(duk_context *ctx, void *argument) {
    cursor *in = argument;
    uint16_t count = 0, size;
    const uint8_t *bytes;
    if (!take_u16(in, &count) || count > MAXIMUM_COLUMNS) return duk_error(ctx, DUK_ERR_ERROR, "malformed frame");
    column_count = 0;
    for (uint16_t i = 0; i < count; i++) {
        if (!take_u16(in, &size) || !take(in, size, &bytes)) return duk_error(ctx, DUK_ERR_ERROR, "malformed frame");
        duk_push_lstring(ctx, (const char *)bytes, size);
        column_names[column_count++] = keep(ctx);
    }
    duk_push_heapptr(ctx, seal);
    duk_push_lstring(ctx, (const char *)in->at, (size_t)(in->end - in->at));
    duk_json_decode(ctx, -1);
    if (!duk_is_object(ctx, -1) || duk_is_array(ctx, -1)) return duk_error(ctx, DUK_ERR_ERROR, "not an object");
    duk_call(ctx, 1);
    record_count = 0;
    duk_enum(ctx, -1, DUK_ENUM_OWN_PROPERTIES_ONLY);
    while (duk_next(ctx, -1, 1)) {
        if (record_count == MAXIMUM_RECORDS) return duk_error(ctx, DUK_ERR_ERROR, "too many records");
        if (duk_is_object(ctx, -1)) {
            records[record_count].value = keep(ctx);
            records[record_count++].name = keep(ctx);
        } else {
            duk_pop_2(ctx);    // null: the row has no such record
        }
    }
    return 0;
}

bool script_set_context(const uint8_t *bytes, size_t size, script_refusal *refusal) {
    if (heap == NULL) return refuse(refusal, 0, "no script is loaded");
    has_context = false;
    arena_restore(STATE_SCRIPT);
    cursor in = {bytes, bytes + size};
    watch_start(row_ms);
    watch_enter();
    bool taken = duk_safe_call(heap, context_body, &in, 0, 1) == DUK_EXEC_SUCCESS;
    if (!taken) describe(refusal);
    else duk_pop(heap);
    watch_leave();
    watch_stop();
    if (taken && !arena_save(STATE_CONTEXT)) taken = refuse(refusal, 0, "the records hold too much data");
    has_context = taken;
    return taken;
}

// Rows.

typedef struct {
    cursor *in;
    uint8_t code;
    size_t size;
    char message[ANSWER_TEXT_LIMIT];
} verdict;

static void conclude(verdict *into, uint8_t code, const char *message, size_t size) {
    into->code = code;
    into->size = size < sizeof into->message ? size : sizeof into->message;
    memcpy(into->message, message, into->size);
}

static void wrong(verdict *into, const char *what) { conclude(into, VERDICT_WRONG_ANSWER, what, strlen(what)); }

static void push_row(duk_context *ctx, cursor *in) {
    duk_push_bare_object(ctx);
    for (uint32_t i = 0; i < column_count; i++) {
        uint32_t size;
        const uint8_t *bytes = NULL;
        if (!take_u32(in, &size) || (size != NO_VALUE && !take(in, size, &bytes)))
            (void)duk_error(ctx, DUK_ERR_ERROR, "malformed frame");
        if (size == NO_VALUE)
            duk_push_null(ctx);
        else
            duk_push_lstring(ctx, (const char *)bytes, size);
        duk_put_prop_heapptr(ctx, -2, column_names[i]);
    }
    for (uint32_t i = 0; i < record_count; i++) {
        duk_push_heapptr(ctx, records[i].value);
        duk_put_prop_heapptr(ctx, -2, records[i].name);
    }
    duk_push_heapptr(ctx, record_methods);
    duk_set_prototype(ctx, -2);
    duk_freeze(ctx, -1);
}

// Where the answer, which lies below validationPassed and message, names a column, puts it before the message.
static void name_column(duk_context *ctx, verdict *into) {
    enum { LONGEST_NAME = 256 };
    duk_get_prop_string(ctx, -3, "field");
    duk_size_t size = 0;
    const char *field = duk_get_lstring(ctx, -1, &size);
    if (field == NULL || duk_is_symbol(ctx, -1) || size == 0 || size > LONGEST_NAME || memchr(field, '\n', size) != NULL) return;
    size_t room = sizeof into->message - size - 1;
    if (into->size > room) into->size = room;
    memmove(into->message + size + 1, into->message, into->size);
    memcpy(into->message, field, size);
    into->message[size] = '\n';
    into->size += size + 1;
    into->code = VERDICT_REJECTED_AT;
}

static duk_ret_t row_body(duk_context *ctx, void *argument) {
    verdict *into = argument;
    duk_push_heapptr(ctx, function);
    push_row(ctx, into->in);
    duk_call(ctx, 1);
    if (!duk_is_object(ctx, -1) || duk_is_function(ctx, -1)) {
        wrong(into, "the answer is not an object");
        return 0;
    }
    duk_get_prop_string(ctx, -1, "validationPassed");
    if (!duk_is_boolean(ctx, -1)) {
        wrong(into, "validationPassed is neither true nor false");
        return 0;
    }
    if (duk_get_boolean(ctx, -1)) {
        conclude(into, VERDICT_PASSED, "", 0);
        return 0;
    }
    duk_get_prop_string(ctx, -2, "message");
    duk_size_t size = 0;
    const char *message = duk_get_lstring(ctx, -1, &size);
    if (message == NULL || duk_is_symbol(ctx, -1)) {
        wrong(into, "message is not a text");
        return 0;
    }
    conclude(into, VERDICT_REJECTED, message, size);
    name_column(ctx, into);
    return 0;
}

static void conclude_exception(verdict *into) {
    duk_errcode_t kind = duk_get_error_code(heap, -1);
    bool memory = arena_was_full() && (kind == DUK_ERR_ERROR || kind == DUK_ERR_RANGE_ERROR);
    script_refusal exception;
    describe(&exception);
    char detail[sizeof exception.reason + 32];
    int size = exception.line == 0
                   ? snprintf(detail, sizeof detail, "%s", exception.reason)
                   : snprintf(detail, sizeof detail, "%s (line %u)", exception.reason, (unsigned)exception.line);
    conclude(into, memory ? VERDICT_OUT_OF_MEMORY : VERDICT_THREW, detail, (size_t)size);
}

bool script_run(const uint8_t *bytes, size_t size, bool is_trial, script_refusal *refusal) {
    if (!has_context) return refuse(refusal, 0, "no script and context are loaded");
    cursor in = {bytes, bytes + size};
    uint32_t count;
    if (!take_u32(&in, &count)) return refuse(refusal, 0, "malformed frame");
    static verdict current;
    printed_begin(is_trial);
    watch_start(row_ms);
    for (uint32_t row = 0; row < count; row++) {
        arena_restore(STATE_CONTEXT);
        cursor next = in;
        for (uint32_t i = 0; i < column_count; i++) {    // found first, so that no script can disturb the position
            uint32_t value;
            const uint8_t *ignored;
            if (!take_u32(&next, &value) || (value != NO_VALUE && !take(&next, value, &ignored)))
                return refuse(refusal, 0, "malformed frame");
        }
        current.in = &in;
        watch_enter();
        if (duk_safe_call(heap, row_body, &current, 0, 1) != DUK_EXEC_SUCCESS) conclude_exception(&current);
        bool slow = watch_leave();
        in = next;
        answer_add(current.code, current.message, current.size);
        if (slow) answers_flush();
    }
    watch_stop();
    answers_flush();
    printed_send();
    return true;
}

bool script_open(void) { return watch_open(); }
