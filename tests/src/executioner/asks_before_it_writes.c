/* Loaded into the worker (LD_PRELOAD): before each write to the log of its SQLite ledger, and before and after each sync of it, the test
   is asked, and may let it wait for ever. A ledger in a file has no connection that a proxy could stand in. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static int test = -1;

static int is_log(int file) {
    char link[32], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path);
    return length > 4 && memcmp(path + length - 4, "-wal", 4) == 0;
}

static int connect_to_test(void) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *path = getenv("EXECUTIONER");
    if (path == NULL) return -1;
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(made, (struct sockaddr *)&address, sizeof address) == 0) return made;
    close(made);
    return -1;
}

static void ask(char what) {
    int before = errno;
    char answer;
    pthread_mutex_lock(&one_at_a_time);
    if (test < 0) test = connect_to_test();
    if (send(test, &what, 1, MSG_NOSIGNAL) == 1) recv(test, &answer, 1, 0);
    pthread_mutex_unlock(&one_at_a_time);
    errno = before;
}

#define WRITES(name, parameters, arguments)                                 \
    ssize_t name parameters {                                               \
        static ssize_t (*real) parameters;                                  \
        if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, #name);        \
        if (is_log(file)) ask('w');                                         \
        return real arguments;                                              \
    }
WRITES(write, (int file, const void *bytes, size_t count), (file, bytes, count))
WRITES(pwrite, (int file, const void *bytes, size_t count, off_t at), (file, bytes, count, at))
WRITES(pwrite64, (int file, const void *bytes, size_t count, off64_t at), (file, bytes, count, at))

#define SYNCS(name)                                                         \
    int name(int file) {                                                    \
        static int (*real)(int);                                            \
        if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, #name);        \
        int log = is_log(file);                                             \
        if (log) ask('s');                                                  \
        int done = real(file);                                              \
        if (log) ask('S');                                                  \
        return done;                                                        \
    }
SYNCS(fsync)
SYNCS(fdatasync)
