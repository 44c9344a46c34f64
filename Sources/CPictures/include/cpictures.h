// The picture codecs libjpeg-turbo (by its TurboJPEG API, whose ABI is the same everywhere) and libspng, opened on first use: a
// program that holds this code starts without loading them.
#ifndef CPICTURES_H
#define CPICTURES_H

#include <stddef.h>
#include <stdint.h>

/// Opens TurboJPEG at `path`; 0, or -1 with the reason. Any thread may call it; once it answered 0 it does nothing more.
int cpictures_open_jpeg(const char *path, char *reason, size_t capacity);
/// Opens libspng at `path`, and before it the zlib that it needs at `zlib`, where there is one; as above.
int cpictures_open_png(const char *path, const char *zlib, char *reason, size_t capacity);

/// What the samples of a decoded JPEG are.
enum cpictures_jpeg_samples { CPICTURES_JPEG_GREY = 1, CPICTURES_JPEG_RGB = 3, CPICTURES_JPEG_CMYK = 4 };

/// Decodes a JPEG file at a size that is its own divided by 1, 2, 4 or 8 and rounded up; `out` holds width x height pixels.
/// 0, or -1 with the reason when the file is broken, even if some of it could be shown. TurboJPEG must be open.
int cpictures_decode_jpeg(
    const uint8_t *file, size_t size, int width, int height, enum cpictures_jpeg_samples samples, uint8_t *out,
    char *reason, size_t capacity);

/// What the samples of a decoded PNG are.
enum cpictures_png_samples { CPICTURES_PNG_GREY = 1, CPICTURES_PNG_RGB = 3, CPICTURES_PNG_RGBA = 4 };

/// Decodes a PNG file of 8 bits a sample into the `length` bytes of `out`, deeper ones by their upper 8 bits; grey only from grey files.
/// 0, or -1 with the reason. libspng must be open.
int cpictures_decode_png(
    const uint8_t *file, size_t size, enum cpictures_png_samples samples, uint8_t *out, size_t length,
    char *reason, size_t capacity);

#endif
