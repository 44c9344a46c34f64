// Nothing to call: linking this target is what makes a binary run on glibc 2.34. See glibc234.cpp.
