#ifndef CZLIB_H
#define CZLIB_H

#include <zlib.h>

// zlib's initialisers are macros that carry the header's version and the stream's size; Swift needs functions.
int czlib_inflate_init(z_stream *stream, int window_bits);
int czlib_deflate_init(z_stream *stream, int level, int window_bits);

#endif
