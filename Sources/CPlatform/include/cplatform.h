#ifndef CPLATFORM_H
#define CPLATFORM_H

// What Swift's Glibc module does not reach. Linking this target is also what makes a binary run on glibc 2.34; see
// glibc234.cpp.

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

#ifdef __cplusplus
}
#endif

#endif
