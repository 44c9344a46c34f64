#define _GNU_SOURCE
#include "cplatform.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

char *const *cplatform_environment(void) { return environ; }

// Between fork and exec only async-signal-safe calls are allowed.
static int become(
    const char *path, char *const *arguments, char *const *variables, const char *folder, int output, pid_t parent
) {
    // A group of its own: Ctrl-C on the terminal is for the parent, which ends its children, and a script has children itself.
    if (setpgid(0, 0) != 0) return errno;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
    if (getppid() != parent) return ESRCH;
    int input = open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) return errno;
    if (chdir(folder) != 0) return errno;
#ifdef SYS_close_range
    // Other threads may have opened files without O_CLOEXEC. 4: CLOSE_RANGE_CLOEXEC; an old kernel lacks it.
    syscall(SYS_close_range, 3, ~0U, 4);
#endif
    // An ignored signal would stay ignored.
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(path, arguments, variables);
    return errno;
}

pid_t cplatform_start(
    const char *path, char *const *arguments, char *const *variables, const char *folder, int output
) {
    int failure[2];
    if (pipe2(failure, O_CLOEXEC) != 0) return -errno;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        int error = become(path, arguments, variables, folder, output, parent);
        while (write(failure[1], &error, sizeof error) < 0 && errno == EINTR) {}
        _exit(127);
    }
    int error = child < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(failure[1]);
    // The pipe closes when the program has taken over.
    while (child > 0 && read(failure[0], &error, sizeof error) < 0 && errno == EINTR) {}
    close(failure[0]);
    // One that could not become the program has ended, and nobody else knows of it.
    while (child > 0 && error != 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    return error == 0 ? child : -error;
}

int cplatform_wait_until(sem_t *semaphore, int64_t seconds, int64_t nanoseconds) {
    const struct timespec until = {.tv_sec = seconds, .tv_nsec = nanoseconds};
    int status;
    do {
        status = sem_clockwait(semaphore, CLOCK_MONOTONIC, &until);
    } while (status != 0 && errno == EINTR);
    return status == 0;
}

int64_t cplatform_monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t cplatform_realtime(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int cplatform_cores(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

void cplatform_raise_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void cplatform_precise_waits(void) { prctl(PR_SET_TIMERSLACK, 5000); }


int cplatform_epoll_create(void) {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    return epoll < 0 ? -errno : epoll;
}

int cplatform_epoll_set(int epoll, int descriptor, int isNew, int waitsToWrite, uint64_t data) {
    struct epoll_event event = {.events = EPOLLIN | (waitsToWrite ? EPOLLOUT : 0), .data.u64 = data};
    return epoll_ctl(epoll, isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event) < 0 ? -errno : 0;
}

int cplatform_epoll_wait(int epoll, struct cplatform_ready *ready, int count, int64_t nanoseconds) {
    struct epoll_event events[256];
    if (count > 256) count = 256;
    const struct timespec timeout = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    int number = (int)syscall(SYS_epoll_pwait2, epoll, events, count, &timeout, NULL, 0);
    // Linux before 5.11 knows milliseconds only.
    if (number < 0 && errno == ENOSYS) number = epoll_wait(epoll, events, count, (int)((nanoseconds + 999999) / 1000000));
    if (number < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < number; i++) {
        uint32_t happened = events[i].events;
        ready[i] = (struct cplatform_ready){
            .data = events[i].data.u64, .canRead = (happened & ~EPOLLOUT) != 0, .canWrite = (happened & EPOLLOUT) != 0
        };
    }
    return number;
}
