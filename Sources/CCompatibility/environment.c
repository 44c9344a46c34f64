#include "ccompatibility.h"

#include <unistd.h>

extern char **environ;

char *const *ccompatibility_environment(void) { return environ; }
