#ifndef CPLATFORM_H
#define CPLATFORM_H

// What Swift's Glibc module does not reach. Linking this target is also what makes a binary run on glibc 2.34; see
// glibc234.cpp.

#include <semaphore.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// The process's environment: NAME=value strings, ended by NULL. Swift cannot reach the C variable, as it may change.
char *_Nullable const *_Nonnull cplatform_environment(void);

// Starts a program in a folder, in a process group of its own, with nothing open but `output` as its standard
// output and error, and with every signal as usual. The kernel kills it when the calling *thread* ends. Its id, or
// -errno.
pid_t cplatform_start(
    const char *_Nonnull path,
    char *_Nullable const *_Nonnull arguments,
    char *_Nullable const *_Nonnull variables,
    const char *_Nonnull folder,
    int output
);

// Waits for a semaphore until an instant of the monotonic clock at most. Whether it was posted.
int cplatform_wait_until(sem_t *_Nonnull semaphore, int64_t seconds, int64_t nanoseconds);

// The monotonic clock in nanoseconds.
int64_t cplatform_monotonic(void);

// A socket that can be read from or written to.
struct cplatform_ready {
    uint64_t data;
    // Also when the connection is lost: reading tells.
    int canRead;
    int canWrite;
};

// epoll, whose own structure Swift cannot import as it is packed. All return what the system calls return, or -errno. Reading
// is always waited for.
int cplatform_epoll_create(void);
int cplatform_epoll_set(int epoll, int descriptor, int isNew, int waitsToWrite, uint64_t data);
// Waits for so many nanoseconds at most.
int cplatform_epoll_wait(int epoll, struct cplatform_ready *_Nonnull ready, int count, int64_t nanoseconds);

// The time of day in milliseconds since 1970.
int64_t cplatform_realtime(void);

// Cores that this process may use, at least 1.
int cplatform_cores(void);

// Raises this process's limit of open files to the most that it may have: each connection takes one, and shells allow 1,024.
void cplatform_raise_file_limit(void);

// Lets the calling thread's waits end within microseconds of their time instead of 50 of them.
void cplatform_precise_waits(void);

#ifdef __cplusplus
}
#endif

#endif
