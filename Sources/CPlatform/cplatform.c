#define _GNU_SOURCE
#include "cplatform.h"

#include <unistd.h>

char *const *cplatform_environment(void) { return environ; }

int cplatform_spawn_in_folder(posix_spawn_file_actions_t *actions, const char *folder) {
    return posix_spawn_file_actions_addchdir_np(actions, folder);
}
