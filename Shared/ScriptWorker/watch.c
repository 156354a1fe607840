#define _GNU_SOURCE
#include "watch.h"

#include "frames.h"
#include "printed.h"
#include "script.h"

#include <signal.h>
#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

enum { TICK_MS = 50, SIGNAL_STACK = 64 << 10, EXIT_FAULT = 72 };

static volatile sig_atomic_t running;       // a script is on the stack
static volatile sig_atomic_t ticks;         // since the row began
static volatile sig_atomic_t tick_limit;    // counted in ticks that arrive, so that time in which the whole process
                                            // stands still is not held against the row
static volatile sig_atomic_t ticked;        // since answers were last written
static uint32_t tick_ms = TICK_MS;

_Noreturn void watch_fault(uint8_t code) {
    if (running) {
        answers_flush();
        printed_send();
        frame_write(FRAME_FAULT, &code, 1);
    }
    _exit(EXIT_FAULT);
}

static void on_tick(int signal) {
    (void)signal;
    ticked = 1;
    ticks = ticks + 1;
    if (running && ticks > tick_limit) watch_fault(FAULT_TIMED_OUT);
}

static void on_fault(int signal) { watch_fault(signal == SIGSYS ? FAULT_FORBIDDEN : FAULT_CRASHED); }

bool watch_open(void) {
    static char stack[SIGNAL_STACK];
    stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    if (sigaltstack(&own, NULL) != 0) return false;
    struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART | SA_ONSTACK};
    sigfillset(&action.sa_mask);
    if (sigaction(SIGALRM, &action, NULL) != 0) return false;
    action.sa_handler = on_fault;
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (sigaction(faults[i], &action, NULL) != 0) return false;
    return true;
}

static void set_timer(uint32_t milliseconds) {
    struct timeval every = {.tv_sec = milliseconds / 1000, .tv_usec = (suseconds_t)(milliseconds % 1000) * 1000};
    struct itimerval timer = {.it_interval = every, .it_value = every};
    setitimer(ITIMER_REAL, &timer, NULL);
}

void watch_start(uint32_t row_ms) {
    tick_ms = row_ms < 4 * TICK_MS ? row_ms / 4 + 1 : TICK_MS;
    tick_limit = (sig_atomic_t)(row_ms / tick_ms);
    ticked = 0;
    set_timer(tick_ms);
}

void watch_stop(void) { set_timer(0); }

void watch_enter(void) {
    ticks = 0;
    running = 1;
}

bool watch_leave(void) {
    running = 0;
    bool report = ticked;
    ticked = 0;
    return report;
}
