#ifndef CCOMPATIBILITY_H
#define CCOMPATIBILITY_H

// Linking this target is what makes a binary run on glibc 2.34; see glibc234.cpp.

#ifdef __cplusplus
extern "C" {
#endif

// The process's environment: NAME=value strings, ended by NULL. Swift cannot reach the C variable, as it may change.
char *_Nullable const *_Nonnull ccompatibility_environment(void);

#ifdef __cplusplus
}
#endif

#endif
