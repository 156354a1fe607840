#define _GNU_SOURCE
#include "jail.h"

#include <seccomp.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// The region and its saved states, the frame buffers, the stack and the libraries, with room to spare.
static const rlim_t address_space = 512u << 20;

// A backstop only: the watchdog ends a script long before. Lasts for thousands of millions of ordinary rows.
static const rlim_t cpu_seconds = 24 * 3600;

static bool limit(__rlimit_resource_t resource, rlim_t value) {
    struct rlimit both = {.rlim_cur = value, .rlim_max = value};
    return setrlimit(resource, &both) == 0;
}

static bool limit_resources(void) {
    return limit(RLIMIT_AS, address_space) && limit(RLIMIT_CPU, cpu_seconds) && limit(RLIMIT_NOFILE, 3) &&
           limit(RLIMIT_NPROC, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_CORE, 0) &&
           limit(RLIMIT_STACK, 8u << 20);
}

static bool filter_calls(void) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
    if (filter == NULL) return false;
    static const int always[] = {SCMP_SYS(exit),          SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn),
                                 SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(setitimer)};
    bool made = true;
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
        made = made && seccomp_rule_add(filter, SCMP_ACT_ALLOW, always[i], 0) == 0;
    made = made && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(read), 1, SCMP_A0(SCMP_CMP_EQ, 0, 0)) == 0;
    made = made && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_EQ, 1, 0)) == 0;
    made = made && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return made;
}

// The C library looks for a time zone file whenever it converts a time and no zone is named, which the filter would not
// let it do; and a check must judge alike on every machine.
static void use_universal_time(void) {
    time_t now = 0;
    struct tm parts;
    setenv("TZ", "UTC0", 1);
    tzset();
    gmtime_r(&now, &parts);
    localtime_r(&now, &parts);
}

bool jail_close(void) {
    use_universal_time();
    if (syscall(SYS_close_range, 3u, ~0u, 0u) != 0) return false;
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return false;
    return limit_resources() && filter_calls();
}
