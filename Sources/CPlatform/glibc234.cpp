// Debian 12's toolchain binds three symbols that are newer than what Lambda's provided.al2023 carries (glibc 2.34 and
// the libstdc++ of GCC 11; the zip ships an older libstdc++ still). Each definition below takes the place of one:
//
//   hypotf, hypot                    GLIBC_2.35    drawn in by Swift's Glibc overlay; the older versions compute the same
//   std::__throw_bad_array_new_length  GLIBCXX_3.4.29  drawn in by libswiftCore; called when `new T[n]` overflows
//
// `build-scripts/package.sh` fails when a file of the zip needs more than glibc 2.34 or GLIBCXX_3.4.29.
#include <cstdlib>

#if defined(__x86_64__)
#define BASE_VERSION "GLIBC_2.2.5"
#else
#define BASE_VERSION "GLIBC_2.17"
#endif

extern "C" float older_hypotf(float, float);
__asm__(".symver older_hypotf, hypotf@" BASE_VERSION);
extern "C" double older_hypot(double, double);
__asm__(".symver older_hypot, hypot@" BASE_VERSION);

#define HIDDEN __attribute__((visibility("hidden")))
extern "C" HIDDEN float hypotf(float x, float y) { return older_hypotf(x, y); }
extern "C" HIDDEN double hypot(double x, double y) { return older_hypot(x, y); }

namespace std {
HIDDEN void __throw_bad_array_new_length() { std::abort(); }
}
