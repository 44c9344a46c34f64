#ifndef CPLATFORM_H
#define CPLATFORM_H

// What Swift's Glibc module does not reach. Linking this target is also what makes a binary run on glibc 2.34; see glibc234.cpp.

#include <spawn.h>

#ifdef __cplusplus
extern "C" {
#endif

// The process's environment: NAME=value strings, ended by NULL. Swift cannot reach the C variable, as it may change.
char *_Nullable const *_Nonnull cplatform_environment(void);

// Makes a spawned process start in a folder: posix_spawn_file_actions_addchdir_np, a GNU extension.
int cplatform_spawn_in_folder(posix_spawn_file_actions_t *_Nonnull actions, const char *_Nonnull folder);

#ifdef __cplusplus
}
#endif

#endif
